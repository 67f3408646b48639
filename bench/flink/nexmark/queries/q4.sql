SELECT category, AVG(highest)
FROM (
    SELECT a.category, MAX(b.price) AS highest
    FROM auctions AS a JOIN bids AS b ON a.id = b.auction
    WHERE b.happened BETWEEN a.happened AND a.expires
    GROUP BY a.id, a.category
)
GROUP BY category
