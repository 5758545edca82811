//! MBeans of the worker's Java virtual machine. The names are ours, in base units.

use super::{Attribute, Bean, JmxKind};

const GONE: &str = "Jolokia does not answer";

const fn gauge(
    name: &'static str,
    published: &'static str,
    unit: &'static str,
    meaning: &'static str,
) -> Attribute {
    Attribute {
        name,
        published: Some(published),
        scale: 1.0,
        kind: JmxKind::Gauge,
        unit,
        meaning,
    }
}

/// Memory.
pub(super) const MEMORY: Bean = Bean {
    name: "java.lang:type=Memory",
    prefix: "mm2_worker_jvm",
    labels: &["worker"],
    absent: GONE,
    attributes: &[
        gauge(
            "HeapMemoryUsage.used",
            "mm2_worker_jvm_heap_used_bytes",
            "bytes",
            "Heap in use",
        ),
        gauge(
            "HeapMemoryUsage.max",
            "mm2_worker_jvm_heap_max_bytes",
            "bytes",
            "Greatest heap that is allowed",
        ),
        gauge(
            "NonHeapMemoryUsage.used",
            "mm2_worker_jvm_nonheap_used_bytes",
            "bytes",
            "Memory in use besides the heap",
        ),
    ],
};

/// Garbage collectors.
pub(super) const COLLECTOR: Bean = Bean {
    name: "java.lang:type=GarbageCollector,name=*",
    prefix: "mm2_worker_jvm_gc",
    labels: &["name", "worker"],
    absent: GONE,
    attributes: &[
        Attribute {
            kind: JmxKind::Counter,
            ..gauge(
                "CollectionCount",
                "mm2_worker_jvm_gc_collections_total",
                "collections",
                "Collections of the collector",
            )
        },
        Attribute {
            kind: JmxKind::Counter,
            scale: 1e-3,
            ..gauge(
                "CollectionTime",
                "mm2_worker_jvm_gc_collection_seconds_total",
                "seconds",
                "Time spent in collections",
            )
        },
    ],
};

/// The process, as its operating system sees it.
pub(super) const PROCESS: Bean = Bean {
    name: "java.lang:type=OperatingSystem",
    prefix: "mm2_worker_process",
    labels: &["worker"],
    absent: GONE,
    attributes: &[
        Attribute {
            kind: JmxKind::Counter,
            scale: 1e-9,
            ..gauge(
                "ProcessCpuTime",
                "mm2_worker_process_cpu_seconds_total",
                "seconds",
                "Processor time that the worker has used",
            )
        },
        gauge(
            "AvailableProcessors",
            "mm2_worker_process_available_processors",
            "processors",
            "Processors that the worker may use",
        ),
        gauge(
            "OpenFileDescriptorCount",
            "mm2_worker_process_open_fds",
            "descriptors",
            "Open file descriptors of the worker",
        ),
        gauge(
            "MaxFileDescriptorCount",
            "mm2_worker_process_max_fds",
            "descriptors",
            "Most file descriptors that the worker may open",
        ),
    ],
};

/// Threads.
pub(super) const THREADS: Bean = Bean {
    name: "java.lang:type=Threading",
    prefix: "mm2_worker_jvm",
    labels: &["worker"],
    absent: GONE,
    attributes: &[gauge(
        "ThreadCount",
        "mm2_worker_jvm_threads",
        "threads",
        "Live threads",
    )],
};

/// The life of the machine.
pub(super) const RUNTIME: Bean = Bean {
    name: "java.lang:type=Runtime",
    prefix: "mm2_worker_jvm",
    labels: &["worker"],
    absent: GONE,
    attributes: &[Attribute {
        scale: 1e-3,
        ..gauge(
            "StartTime",
            "mm2_worker_jvm_start_timestamp_seconds",
            "seconds",
            "When the worker's process started",
        )
    }],
};
