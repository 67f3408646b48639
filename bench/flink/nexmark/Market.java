import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * Makes the events that examples/nexmark/market makes, equal to the bit, as rows of the table events. A row is valid until
 * the next of its kind is made: with object reuse, operators of the same chain do not keep what they are given.
 */
final class Market {
    private static final long START = 1_436_918_400_000L;
    private static final int EPOCH = 50;
    private static final int AUCTIONS = 3;
    private static final long FIRST = 1000; // ID of persons and auctions
    private static final long IN_FLIGHT = 100;
    private static final long ACTIVE = 1000;
    private static final long LEAD = 10;
    private static final long HOT_BATCH = 100;

    private final long seed;
    private final long nanos;
    private final Texts texts;
    private final GenericRowData person = new GenericRowData(8);
    private final GenericRowData auction = new GenericRowData(10);
    private final GenericRowData bid = new GenericRowData(7);
    private final GenericRowData[] events = new GenericRowData[3];
    private long state; // of the random numbers

    Market(long rate, long seed) {
        this.seed = mix(seed);
        nanos = 1_000_000_000L / rate;
        texts = new Texts(seed);
        GenericRowData[] parts = {person, auction, bid};
        for (int kind = 0; kind < parts.length; kind++) {
            events[kind] = new GenericRowData(5);
            events[kind].setField(0, kind);
            events[kind].setField(1 + kind, parts[kind]);
        }
    }

    RowData event(long n) {
        state = mix(seed + n);
        TimestampData time = TimestampData.fromEpochMillis(time(n));
        int at = (int) (n % EPOCH);
        int kind = at < 1 ? 0 : at < 1 + AUCTIONS ? 1 : 2;
        switch (kind) {
            case 0 -> person(n, time);
            case 1 -> auction(n, time);
            default -> bid(n, time);
        }
        events[kind].setField(4, time);
        return events[kind];
    }

    private long time(long n) {
        return START + n * nanos / 1_000_000;
    }

    private static long lastPerson(long n) {
        return n / EPOCH;
    }

    private static long lastAuction(long n) {
        return n / EPOCH * AUCTIONS + Math.min(n % EPOCH - 1, AUCTIONS - 1);
    }

    private static long somePerson(long last, long random) {
        long living = Math.min(last + 1, ACTIVE);
        return last + 1 - living + scale(random, living + LEAD);
    }

    private void person(long n, TimestampData time) {
        long sizeName = draw();
        long emailCard = draw();
        long cityState = draw();
        BinaryStringData name = choose(texts.names, low(sizeName));
        BinaryStringData email = choose(texts.emails, high(emailCard));
        BinaryStringData card = texts.creditCard(low(emailCard));
        BinaryStringData city = choose(texts.cities, high(cityState));
        BinaryStringData home = choose(texts.states, low(cityState));
        int used = 8 + name.getSizeInBytes() + email.getSizeInBytes() + card.getSizeInBytes() + city.getSizeInBytes() + home.getSizeInBytes();
        person.setField(0, FIRST + lastPerson(n));
        person.setField(1, name);
        person.setField(2, email);
        person.setField(3, card);
        person.setField(4, city);
        person.setField(5, home);
        person.setField(6, time);
        person.setField(7, texts.extra(200 - used, high(sizeName), this));
    }

    private void auction(long n, TimestampData time) {
        long sizeChoices = draw();
        long whoseCategory = draw();
        long initialReserve = draw();
        long itemDescription = draw();
        long seller = lastPerson(n);
        if ((low(sizeChoices) & 3) != 0) {
            seller = seller / HOT_BATCH * HOT_BATCH;
        } else {
            seller = somePerson(seller, high(whoseCategory));
        }
        long horizon = time(n + IN_FLIGHT * EPOCH / AUCTIONS) - time.getMillisecond();
        BinaryStringData item = choose(texts.items, high(itemDescription));
        BinaryStringData description = choose(texts.descriptions, low(itemDescription));
        long initial = texts.price(high(initialReserve));
        auction.setField(0, FIRST + lastAuction(n));
        auction.setField(1, item);
        auction.setField(2, description);
        auction.setField(3, initial);
        auction.setField(4, initial + texts.price(low(initialReserve)));
        auction.setField(5, time);
        auction.setField(6, TimestampData.fromEpochMillis(time.getMillisecond() + 1 + scaleFar(draw(), Math.max(2 * horizon, 1))));
        auction.setField(7, FIRST + seller);
        auction.setField(8, 10 + scale(low(whoseCategory), 5));
        auction.setField(9, texts.extra(500 - 6 * 8 - item.getSizeInBytes() - description.getSizeInBytes(), high(sizeChoices), this));
    }

    private void bid(long n, TimestampData time) {
        long sizeChoices = draw();
        long whoseWhich = draw();
        long priceChannel = draw();
        long choices = low(sizeChoices);
        long latest = lastAuction(n);
        long oldest = Math.max(latest - IN_FLIGHT, 0);
        long which = (choices & 1) == 0 ? latest / HOT_BATCH * HOT_BATCH : oldest + scale(low(whoseWhich), latest - oldest + 1 + LEAD);
        long last = lastPerson(n);
        long bidder = (choices >>> 1 & 3) != 0 ? last / HOT_BATCH * HOT_BATCH + 1 : somePerson(last, high(whoseWhich));
        int by = (choices >>> 3 & 1) == 0
                ? (int) (choices >>> 4 & Texts.HOT_CHANNELS - 1)
                : Texts.HOT_CHANNELS + (int) scale(low(priceChannel), Texts.CHANNELS);
        bid.setField(0, FIRST + which);
        bid.setField(1, FIRST + bidder);
        bid.setField(2, texts.price(high(priceChannel)));
        bid.setField(3, texts.channels[by]);
        bid.setField(4, texts.urls[by]);
        bid.setField(5, time);
        bid.setField(6, texts.extra(100 - 4 * 8, high(sizeChoices), this));
    }

    /** The next random number: two of 32 bits, the high one first. */
    long draw() {
        state += 0x9e3779b97f4a7c15L;
        return mix(state);
    }

    static long high(long draw) {
        return draw >>> 32;
    }

    static long low(long draw) {
        return draw & 0xffffffffL;
    }

    static long mix(long x) {
        x = (x ^ x >>> 30) * 0xbf58476d1ce4e5b9L;
        x = (x ^ x >>> 27) * 0x94d049bb133111ebL;
        return x ^ x >>> 31;
    }

    /** Makes of 32 random bits a number below n. */
    static long scale(long random, long n) {
        return random * n >>> 32;
    }

    /** Makes of 64 random bits a number below n. */
    static long scaleFar(long random, long n) {
        return Math.multiplyHigh(random, n) + (random >> 63 & n);
    }

    private static BinaryStringData choose(BinaryStringData[] from, long random) {
        return from[(int) scale(random, from.length)];
    }
}
