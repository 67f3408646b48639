SELECT auction, bidder, price, happened, extra FROM bids
