SELECT b.auction, b.bidder, b.price, b.channel, b.url, b.happened, b.extra,
    a.item, a.description, a.initialBid, a.reserve, a.happened AS opened, a.expires, a.seller, a.category, a.extra AS auctionExtra
FROM bids AS b JOIN auctions AS a ON b.auction = a.id
WHERE a.category = 10
