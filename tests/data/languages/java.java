package org.example.net;

import java.util.List;

/**
 * Sends requests.
 *
 * @since 1.0
 */
@Component
public class Client<T extends Request> implements AutoCloseable {
    private static final int LIMIT = 3;

    public Client() {
        super();
    }

    /** Sends {@code request} and waits. */
    @Override
    public Response send(T request) throws IOException {
        return transport.send(request);
    }

    private int size() { return 0; }

    static class Builder {
        Builder limit(int limit) {
            return this;
        }
    }
}

interface Transport {
    /**
     * Sends bytes.
     */
    byte[] exchange(byte[] data);

    void close();
}

enum Level {
    LOW, HIGH;

    boolean isHigh() {
        return this == HIGH;
    }
}

record Point(int x, int y) {}
