WITH noticed AS (SELECT bidder, PROCTIME() AS noticedAt FROM bids)
SELECT bidder, COUNT(*) AS bids, window_start, window_end
FROM TABLE(TUMBLE(TABLE noticed, DESCRIPTOR(noticedAt), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end
