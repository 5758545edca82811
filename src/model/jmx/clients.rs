//! MBeans of the Kafka clients inside a worker. Where a client's name tells its task, the series have it.

use super::{Bean, counter, gauge};

/// A producer.
pub(super) const PRODUCER: Bean = Bean {
    name: "kafka.producer:type=producer-metrics,client-id=*",
    prefix: "kafka_producer",
    labels: &["connector", "task", "client_id", "worker"],
    absent: "no client of that name runs on the worker; averages and maxima also when nothing came within JMX's window",
    attributes: &[
        gauge(
            "record-send-rate",
            "records per second",
            "Records sent per second, over JMX's window",
        ),
        counter("record-send-total", "records", "Records sent"),
        gauge(
            "record-error-rate",
            "records per second",
            "Records per second whose send failed, over JMX's window",
        ),
        counter("record-error-total", "records", "Records whose send failed"),
        gauge(
            "record-retry-rate",
            "records per second",
            "Records per second that were sent again, over JMX's window",
        ),
        counter(
            "record-retry-total",
            "records",
            "Records that were sent again",
        ),
        gauge(
            "record-queue-time-avg",
            "milliseconds",
            "Mean time of a batch in the buffer, over JMX's window",
        ),
        gauge(
            "record-queue-time-max",
            "milliseconds",
            "Longest time of a batch in the buffer, over JMX's window",
        ),
        gauge(
            "request-latency-avg",
            "milliseconds",
            "Mean time of a request, over JMX's window",
        ),
        gauge(
            "request-latency-max",
            "milliseconds",
            "Longest time of a request, over JMX's window",
        ),
        gauge(
            "requests-in-flight",
            "requests",
            "Requests without an answer yet",
        ),
        gauge(
            "waiting-threads",
            "threads",
            "Threads that wait for room in the buffer; at least 1 when the target is gone",
        ),
        gauge(
            "buffer-available-bytes",
            "bytes",
            "Free room in the buffer; towards 0 when the target is gone",
        ),
        gauge("buffer-total-bytes", "bytes", "Size of the buffer"),
        counter(
            "bufferpool-wait-time-ns-total",
            "nanoseconds",
            "Time that sends waited for room in the buffer",
        ),
        gauge(
            "batch-size-avg",
            "bytes",
            "Mean bytes of a batch, over JMX's window",
        ),
        gauge(
            "compression-rate-avg",
            "ratio",
            "Mean size of compressed batches to that of plain ones, over JMX's window",
        ),
        gauge(
            "produce-throttle-time-avg",
            "milliseconds",
            "Mean time that brokers throttled, over JMX's window",
        ),
        gauge(
            "produce-throttle-time-max",
            "milliseconds",
            "Longest time that a broker throttled, over JMX's window",
        ),
        gauge("connection-count", "connections", "Open connections"),
        counter(
            "connection-creation-total",
            "connections",
            "Connections opened",
        ),
        counter(
            "connection-close-total",
            "connections",
            "Connections closed",
        ),
        gauge(
            "request-rate",
            "requests per second",
            "Requests sent per second, over JMX's window",
        ),
        counter("request-total", "requests", "Requests sent"),
        counter("response-total", "responses", "Responses received"),
        gauge(
            "incoming-byte-rate",
            "bytes per second",
            "Bytes received per second, over JMX's window",
        ),
        counter("incoming-byte-total", "bytes", "Bytes received"),
        gauge(
            "outgoing-byte-rate",
            "bytes per second",
            "Bytes sent per second, over JMX's window",
        ),
        counter("outgoing-byte-total", "bytes", "Bytes sent"),
        counter(
            "failed-authentication-total",
            "connections",
            "Connections whose authentication failed",
        ),
    ],
};

/// A producer's sends to one topic.
pub(super) const PRODUCER_TOPIC: Bean = Bean {
    name: "kafka.producer:type=producer-topic-metrics,client-id=*,topic=*",
    prefix: "kafka_producer_topic",
    labels: &["connector", "task", "client_id", "topic", "worker"],
    absent: "no client of that name runs on the worker; averages and maxima also when nothing came within JMX's window",
    attributes: &[
        gauge(
            "record-send-rate",
            "records per second",
            "Records sent per second, over JMX's window",
        ),
        counter("record-send-total", "records", "Records sent"),
        gauge(
            "record-error-rate",
            "records per second",
            "Records per second whose send failed, over JMX's window",
        ),
        counter("record-error-total", "records", "Records whose send failed"),
        gauge(
            "record-retry-rate",
            "records per second",
            "Records per second that were sent again, over JMX's window",
        ),
        counter(
            "record-retry-total",
            "records",
            "Records that were sent again",
        ),
        gauge(
            "byte-rate",
            "bytes per second",
            "Compressed bytes sent per second, over JMX's window",
        ),
        counter("byte-total", "bytes", "Compressed bytes sent"),
        gauge(
            "compression-rate",
            "ratio",
            "Size of compressed batches to that of plain ones, over JMX's window",
        ),
    ],
};

/// A consumer.
pub(super) const CONSUMER: Bean = Bean {
    name: "kafka.consumer:type=consumer-metrics,client-id=*",
    prefix: "kafka_consumer",
    labels: &["connector", "task", "client_id", "worker"],
    absent: "no client of that name runs on the worker; averages and maxima also when nothing came within JMX's window",
    attributes: &[
        gauge(
            "last-poll-seconds-ago",
            "seconds",
            "Time since the last poll",
        ),
        gauge(
            "time-between-poll-avg",
            "milliseconds",
            "Mean time between two polls, over JMX's window",
        ),
        gauge(
            "time-between-poll-max",
            "milliseconds",
            "Longest time between two polls, over JMX's window",
        ),
        gauge(
            "poll-idle-ratio-avg",
            "ratio",
            "Mean share of its time that the consumer waited in a poll, over JMX's window",
        ),
        gauge("connection-count", "connections", "Open connections"),
        counter(
            "connection-creation-total",
            "connections",
            "Connections opened",
        ),
        counter(
            "connection-close-total",
            "connections",
            "Connections closed",
        ),
        gauge(
            "request-rate",
            "requests per second",
            "Requests sent per second, over JMX's window",
        ),
        counter("request-total", "requests", "Requests sent"),
        counter("response-total", "responses", "Responses received"),
        gauge(
            "incoming-byte-rate",
            "bytes per second",
            "Bytes received per second, over JMX's window",
        ),
        counter("incoming-byte-total", "bytes", "Bytes received"),
        gauge(
            "outgoing-byte-rate",
            "bytes per second",
            "Bytes sent per second, over JMX's window",
        ),
        counter("outgoing-byte-total", "bytes", "Bytes sent"),
        counter(
            "failed-authentication-total",
            "connections",
            "Connections whose authentication failed",
        ),
    ],
};

/// What a consumer fetches.
pub(super) const FETCH: Bean = Bean {
    name: "kafka.consumer:type=consumer-fetch-manager-metrics,client-id=*",
    prefix: "kafka_consumer_fetch_manager",
    labels: &["connector", "task", "client_id", "worker"],
    absent: "no client of that name runs on the worker; averages and maxima also when nothing came within JMX's window",
    attributes: &[
        gauge(
            "fetch-rate",
            "fetches per second",
            "Fetches per second, over JMX's window",
        ),
        counter(
            "fetch-total",
            "fetches",
            "Fetches that were answered, with records or without",
        ),
        gauge(
            "fetch-latency-avg",
            "milliseconds",
            "Mean time of a fetch, over JMX's window",
        ),
        gauge(
            "fetch-latency-max",
            "milliseconds",
            "Longest time of a fetch, over JMX's window",
        ),
        gauge(
            "fetch-size-avg",
            "bytes",
            "Mean bytes of a fetch, over JMX's window",
        ),
        gauge(
            "fetch-throttle-time-avg",
            "milliseconds",
            "Mean time that brokers throttled, over JMX's window",
        ),
        gauge(
            "bytes-consumed-rate",
            "bytes per second",
            "Bytes fetched per second, over JMX's window",
        ),
        counter("bytes-consumed-total", "bytes", "Bytes fetched"),
        gauge(
            "records-consumed-rate",
            "records per second",
            "Records fetched per second, over JMX's window",
        ),
        counter("records-consumed-total", "records", "Records fetched"),
    ],
};

/// How far a consumer is behind in one partition, under its name at the source.
pub(super) const FETCH_PARTITION: Bean = Bean {
    name: "kafka.consumer:type=consumer-fetch-manager-metrics,client-id=*,topic=*,partition=*",
    prefix: "kafka_consumer_fetch_manager",
    labels: &[
        "connector",
        "task",
        "client_id",
        "topic",
        "partition",
        "worker",
    ],
    absent: "no consumer on the worker has the partition, or has fetched from it yet; averages and maxima also when nothing came within JMX's window",
    attributes: &[
        gauge(
            "records-lag",
            "records",
            "Records between the consumer's position and the end of the log at its last fetch; it freezes when no fetch comes back",
        ),
        gauge("records-lag-avg", "records", "Mean lag, over JMX's window"),
        gauge(
            "records-lag-max",
            "records",
            "Greatest lag, over JMX's window",
        ),
        gauge(
            "records-lead",
            "records",
            "Records between the start of the log and the consumer's position at its last fetch; near 0 deletion overtakes it",
        ),
        gauge(
            "records-lead-avg",
            "records",
            "Mean lead, over JMX's window",
        ),
        gauge(
            "records-lead-min",
            "records",
            "Least lead, over JMX's window",
        ),
    ],
};

/// An administration client.
pub(super) const ADMIN: Bean = Bean {
    name: "kafka.admin.client:type=admin-client-metrics,client-id=*",
    prefix: "kafka_admin_client",
    labels: &["connector", "task", "client_id", "worker"],
    absent: "no client of that name runs on the worker; averages and maxima also when nothing came within JMX's window",
    attributes: &[
        gauge("connection-count", "connections", "Open connections"),
        counter(
            "connection-creation-total",
            "connections",
            "Connections opened",
        ),
        counter(
            "connection-close-total",
            "connections",
            "Connections closed",
        ),
        gauge(
            "request-rate",
            "requests per second",
            "Requests sent per second, over JMX's window",
        ),
        counter("request-total", "requests", "Requests sent"),
        counter("response-total", "responses", "Responses received"),
        gauge(
            "incoming-byte-rate",
            "bytes per second",
            "Bytes received per second, over JMX's window",
        ),
        counter("incoming-byte-total", "bytes", "Bytes received"),
        gauge(
            "outgoing-byte-rate",
            "bytes per second",
            "Bytes sent per second, over JMX's window",
        ),
        counter("outgoing-byte-total", "bytes", "Bytes sent"),
        counter(
            "failed-authentication-total",
            "connections",
            "Connections whose authentication failed",
        ),
    ],
};
