-- Both ends of BETWEEN belong to the window: window_time is its last millisecond.
SELECT b.auction, b.price, b.bidder, b.happened, b.extra
FROM bids AS b JOIN (
    SELECT MAX(price) AS highest, window_time AS ends
    FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(happened), INTERVAL '10' SECOND))
    GROUP BY window_start, window_end, window_time
) AS w ON b.price = w.highest
WHERE b.happened BETWEEN w.ends - INTERVAL '9.999' SECOND AND w.ends
