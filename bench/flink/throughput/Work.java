import java.time.Duration;

/** The work of the jobs: bench/internal/work in Java, equal to the bit. */
final class Work {
    static final long EPOCH = 1_600_000_000_000L;
    static final Duration TUMBLING = Duration.ofSeconds(10);
    static final Duration HOT_SIZE = Duration.ofSeconds(10);
    static final Duration HOT_SLIDE = Duration.ofSeconds(2);

    private Work() {}

    /** Scatters an index: the output function of splitmix64. */
    static long mix(long i) {
        long x = i + 0x9e3779b97f4a7c15L;
        x = (x ^ x >>> 30) * 0xbf58476d1ce4e5b9L;
        x = (x ^ x >>> 27) * 0x94d049bb133111ebL;
        return x ^ x >>> 31;
    }

    static long below(long x, long n) {
        return (x >>> 32) * n >>> 32;
    }

    static String[] words(int n) {
        String digits = "0123456789abcdefghijklmnopqrstuv";
        String[] words = new String[n];
        char[] word = new char[8];
        word[0] = 'w';
        for (int i = 0; i < n; i++) {
            for (int at = 1; at < word.length; at++) {
                word[at] = digits.charAt((int) ((long) i >> 5 * (word.length - 1 - at)) & 31);
            }
            words[i] = new String(word);
        }
        return words;
    }

    static long weighWord(String word) {
        long weight = 0;
        for (int i = word.length() - 1; i >= 0; i--) {
            weight = weight << 8 | word.charAt(i);
        }
        return weight;
    }

    static long weighWindow(long key, long end, long count) {
        return mix(key ^ end) * count;
    }

    /** The numbers of a bid. */
    static final class Numbers {
        long auction, bidder, price, time;

        void of(long index, long r, long perSecond) {
            long epoch = index / 46;
            long event = epoch * 50 + 4 + index % 46;
            auction = epoch * 3 + 2;
            if ((r & 1) == 0) {
                auction -= auction % 100;
            } else {
                auction = Math.max(auction - ((r >>> 1 & 0xffff) * 100 >> 16), 0);
            }
            bidder = epoch;
            if ((r >>> 17 & 3) != 0) {
                bidder -= bidder % 100;
            } else {
                bidder = Math.max(bidder - ((r >>> 19 & 0xffff) * 1000 >> 16), 0);
            }
            auction += 1000;
            bidder += 1000;
            price = 100 + (r >>> 35);
            time = EPOCH + event * 1000 / perSecond;
        }
    }

    /** What the strings of bids are taken from. */
    static final class Texts {
        private static final int SIZE = 8192;
        private static final int TEXT = 64 << 10;
        private final String[] channels = new String[SIZE];
        private final String[] urls = new String[SIZE];
        private final String text = letters(SIZE, TEXT + 128);

        Texts() {
            for (int i = 0; i < SIZE; i++) {
                channels[i] = "channel-" + i;
                urls[i] = "https://www.nexmark.com/" + letters(i, 15) + "/item.htm?query=1&channel_id=" + i;
            }
        }

        private static String letters(long number, int n) {
            StringBuilder text = new StringBuilder(n);
            for (int i = 0; i < n; i++) {
                text.append((char) ('a' + below(mix((number << 20) + i), 26)));
            }
            return text.toString();
        }

        void fill(FullBid bid, long r) {
            long s = mix(r);
            int channel = (int) (s & SIZE - 1);
            if ((s >>> 13 & 1) == 0) {
                channel &= 3;
            }
            int from = (int) (s >>> 14 & TEXT - 1);
            bid.channel = channels[channel];
            bid.url = urls[channel];
            bid.extra = text.substring(from, from + 54 + (int) (s >>> 30 & 31));
        }
    }

    /** A bid as Nexmark has it. Public fields and an empty constructor: Flink's own serializer takes it. */
    public static class FullBid {
        public long auction;
        public long bidder;
        public long price;
        public String channel;
        public String url;
        public long time;
        public String extra;

        public FullBid() {}

        long weigh() {
            return auction + bidder * 3 + price * 5 + time * 7
                    + weighText(channel) * 11 + weighText(url) * 13 + weighText(extra) * 17;
        }

        private static long weighText(String s) {
            return (long) s.length() << 8 | s.charAt(s.length() - 1);
        }
    }
}
