import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslServer;

/**
 * Records DIGEST-MD5 exchanges between the JDK's own client and server, the way Hadoop uses them:
 * java DigestVectors.java > digest-jdk.json
 */
public class DigestVectors {
    static final byte[] IDENTIFIER = "a token's identifier".getBytes(StandardCharsets.UTF_8);
    static final byte[] PASSWORD = "its password".getBytes(StandardCharsets.UTF_8);
    static final int[] SIZES = {1, 5, 6, 7, 8, 100, 1000};

    public static void main(String[] args) throws Exception {
        StringBuilder out = new StringBuilder("[\n");
        out.append(exchange("auth", "")).append(",\n").append(exchange("auth-int", ""));
        for (String cipher : new String[] {"3des", "rc4", "des", "rc4-56", "rc4-40"}) {
            out.append(",\n").append(exchange("auth-conf", cipher));
        }
        System.out.print(out.append("\n]\n"));
    }

    static String exchange(String qop, String cipher) throws Exception {
        Map<String, String> serverProps = new HashMap<>();
        serverProps.put(Sasl.QOP, qop);
        Map<String, String> clientProps = new HashMap<>(serverProps);
        if (!cipher.isEmpty()) {
            clientProps.put(Sasl.STRENGTH, "high,medium,low");
            clientProps.put("com.sun.security.sasl.digest.cipher", cipher);
        }
        CallbackHandler handler = DigestVectors::handle;
        SaslServer server = Sasl.createSaslServer("DIGEST-MD5", "", "default", serverProps, handler);
        SaslClient client = Sasl.createSaslClient(new String[] {"DIGEST-MD5"}, null, "", "default", clientProps, handler);
        byte[] challenge = server.evaluateResponse(new byte[0]);
        byte[] response = client.evaluateChallenge(challenge);
        byte[] closing = server.evaluateResponse(response);
        client.evaluateChallenge(closing);
        StringBuilder sent = new StringBuilder();
        StringBuilder received = new StringBuilder();
        if (!qop.equals("auth")) {
            for (int size : SIZES) {
                byte[] message = new byte[size];
                for (int i = 0; i < size; i++) {
                    message[i] = (byte) (i * 7 + size);
                }
                String comma = sent.length() == 0 ? "" : ", ";
                sent.append(comma).append(hex(client.wrap(message, 0, size)));
                received.append(comma).append(hex(server.wrap(message, 0, size)));
            }
        }
        return "  {\"qop\": \"" + qop + "\", \"cipher\": \"" + cipher + "\",\n   \"challenge\": " + hex(challenge)
            + ",\n   \"response\": " + hex(response) + ",\n   \"closing\": " + hex(closing)
            + ",\n   \"sent\": [" + sent + "],\n   \"received\": [" + received + "]}";
    }

    static String hex(byte[] bytes) {
        return "\"" + HexFormat.of().formatHex(bytes) + "\"";
    }

    static void handle(Callback[] callbacks) {
        String user = Base64.getEncoder().encodeToString(IDENTIFIER);
        String password = Base64.getEncoder().encodeToString(PASSWORD);
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback c) {
                c.setName(user);
            } else if (callback instanceof PasswordCallback c) {
                c.setPassword(password.toCharArray());
            } else if (callback instanceof RealmCallback c) {
                c.setText(c.getDefaultText());
            } else if (callback instanceof AuthorizeCallback c) {
                c.setAuthorized(true);
                c.setAuthorizedID(c.getAuthorizationID());
            }
        }
    }
}
