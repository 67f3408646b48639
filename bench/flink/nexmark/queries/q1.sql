SELECT auction, bidder, 0.908 * price AS price, happened, extra FROM bids
