SELECT id, item, description, initialBid, reserve, opened, expires, seller, category, extra,
    auction, bidder, price, bidAt, bidExtra
FROM (
    SELECT a.id, a.item, a.description, a.initialBid, a.reserve, a.happened AS opened, a.expires, a.seller, a.category, a.extra,
        b.auction, b.bidder, b.price, b.happened AS bidAt, b.extra AS bidExtra,
        ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.happened ASC) AS place
    FROM auctions AS a JOIN bids AS b ON a.id = b.auction
    WHERE b.happened BETWEEN a.happened AND a.expires
)
WHERE place <= 1
