CREATE TABLE events (
    kind INT, -- 0 a person, 1 an auction, 2 a bid; the other two are NULL
    person ROW<id BIGINT, name STRING, email STRING, creditCard STRING, city STRING, state STRING,
        happened TIMESTAMP(3), extra STRING>,
    auction ROW<id BIGINT, item STRING, description STRING, initialBid BIGINT, reserve BIGINT,
        happened TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING>,
    bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING,
        happened TIMESTAMP(3), extra STRING>,
    happened TIMESTAMP(3),
    WATERMARK FOR happened AS happened - INTERVAL '4' SECOND
) WITH (
    'connector' = 'nexmark-events',
    'events' = '${events}',
    'event-rate' = '${event-rate}',
    'seed' = '${seed}'
);

CREATE VIEW persons AS
SELECT person.id, person.name, person.email, person.creditCard, person.city, person.state, happened, person.extra
FROM events WHERE kind = 0;

CREATE VIEW auctions AS
SELECT auction.id, auction.item, auction.description, auction.initialBid, auction.reserve, happened,
    auction.expires, auction.seller, auction.category, auction.extra
FROM events WHERE kind = 1;

CREATE VIEW bids AS
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, happened, bid.extra
FROM events WHERE kind = 2;
