using System.Globalization;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Monitoring;

/// <summary>What <c>cartrecovery top</c> shows: the metrics of an engine at one moment, and their rates since a former one.</summary>
/// <param name="former">The former metrics.</param>
/// <param name="current">The metrics.</param>
/// <param name="elapsed">The time between both.</param>
/// <param name="now">The time of day.</param>
sealed class TopFrame(MetricSnapshot former, MetricSnapshot current, TimeSpan elapsed, DateTimeOffset now)
{
    // Rows of a table: the rest is in the metrics.
    const int MaxRows = 10;
    const int MaxName = 40;

    const string ByStore = "cartrecovery_store_events_total", ByPartition = "cartrecovery_partition_events_total", Depth = "cartrecovery_queue_depth", Carts = "cartrecovery_carts";

    readonly MetricRates _rates = new(former, current, elapsed);

    /// <summary>Returns the lines of the frame.</summary>
    public IReadOnlyList<string> Lines()
    {
        List<string> lines = [Head(), "", .. Table(Rates())];
        lines.AddRange(["", .. Table(Latencies())]);
        AddTable(lines, Stores());
        AddTable(lines, Partitions());
        AddTable(lines, Queues());
        AddTable(lines, Sinks());
        AddTable(lines, Readers());
        return lines;
    }

    static void AddTable(List<string> lines, List<string[]> rows)
    {
        if (rows.Count > 1)
        {
            lines.AddRange(["", .. Table(rows)]);
        }
    }

    string Head()
    {
        var started = _rates.Value("process_start_time_seconds");
        var up = started > 0 ? TerminalText.AgeOf(now.ToUnixTimeMilliseconds() - (long)(started * 1000)) : "?";
        return string.Create(CultureInfo.InvariantCulture,
            $"cartrecovery  up {up}  cpu {100 * _rates.Rate("process_cpu_seconds_total"):F0}%  memory {Bytes(_rates.Value("process_resident_memory_bytes"))}  "
            + $"files {_rates.Value("process_open_fds"):F0}  connections {_rates.Value("cartrecovery_connections"):F0}  journal {Bytes(_rates.Rate("cartrecovery_journal_bytes_total"))}/s  "
            + $"gc pause {100 * _rates.Rate("dotnet_gc_pause_seconds_total"):F1}%");
    }

    List<string[]> Rates()
    {
        List<string[]> rows = [["EVENTS", "PER SECOND", "TOTAL"]];
        foreach (var (name, metric) in new[]
        {
            ("received", "cartrecovery_events_received_total"), ("processed", "cartrecovery_events_processed_total"), ("rejected", "cartrecovery_events_rejected_total"),
            ("duplicate", "cartrecovery_events_duplicate_total"), ("scored", "cartrecovery_predictions_total"), ("messages", "cartrecovery_interventions_total"),
            ("withheld", "cartrecovery_interventions_withheld_total"),
        })
        {
            rows.Add([name, Number(_rates.Rate(metric)), Number(_rates.Value(metric))]);
        }

        return rows;
    }

    List<string[]> Latencies()
    {
        const string Received = "cartrecovery_event_latency_seconds", Written = "cartrecovery_sink_write_seconds";
        return
        [
            ["LATENCY", "P50", "P95", "P99"],
            ["received to decided", .. Quantiles(Received, label: null)],
            ["writes to sinks", .. Quantiles(Written, label: null)],
        ];
    }

    List<string[]> Partitions() =>
    [
        ["PARTITION", "EVENTS/S", "EVENTS", "WAITING"],
        .. _rates.LabelsOf(ByPartition, "partition").OrderByDescending(partition => _rates.Rate(ByPartition, ("partition", partition))).Take(MaxRows).Select(partition => new[]
        {
            partition, Number(_rates.Rate(ByPartition, ("partition", partition))), Number(_rates.Value(ByPartition, ("partition", partition))),
            Number(_rates.Value(Depth, ("queue", $"partition-{partition}"))),
        }),
    ];

    // Those of partitions are beside their rates.
    List<string[]> Queues() =>
    [
        ["QUEUE", "DEPTH", "DROPPED/S", "DROPPED"],
        .. _rates.LabelsOf(Depth, "queue").Where(queue => !queue.StartsWith("partition-", StringComparison.Ordinal))
            .OrderByDescending(queue => _rates.Value(Depth, ("queue", queue))).ThenBy(queue => queue, StringComparer.Ordinal).Take(MaxRows).Select(queue => new[]
            {
                queue, Number(_rates.Value(Depth, ("queue", queue))), Number(_rates.Rate("cartrecovery_queue_dropped_total", ("queue", queue))),
                Number(_rates.Value("cartrecovery_queue_dropped_total", ("queue", queue))),
            }),
    ];

    List<string[]> Sinks() =>
    [
        ["SINK", "STATE", "DELIVERED/S", "OTHERS/S", "RETRIES/S", "P99"],
        .. _rates.LabelsOf("cartrecovery_sink_circuit_open", "sink").Order(StringComparer.Ordinal).Take(MaxRows).Select(sink =>
        {
            var delivered = _rates.Rate("cartrecovery_sink_deliveries_total", ("sink", sink), ("outcome", "delivered"));
            return new[]
            {
                sink, _rates.Value("cartrecovery_sink_stopped", ("sink", sink)) > 0 ? "stopped" : _rates.Value("cartrecovery_sink_circuit_open", ("sink", sink)) > 0 ? "open" : "ok",
                Number(delivered), Number(_rates.Rate("cartrecovery_sink_deliveries_total", ("sink", sink)) - delivered),
                Number(_rates.Rate("cartrecovery_sink_retries_total", ("sink", sink))), Quantiles("cartrecovery_sink_write_seconds", ("sink", sink))[2],
            };
        }),
    ];

    List<string[]> Readers() =>
    [
        ["READER", "LAG", "BEHIND", "LOST"],
        .. _rates.LabelsOf("cartrecovery_journal_reader_lag_entries", "reader").Order(StringComparer.Ordinal).Take(MaxRows).Select(reader => new[]
        {
            reader, Number(_rates.Value("cartrecovery_journal_reader_lag_entries", ("reader", reader))),
            TerminalText.AgeOf((long)(1000 * _rates.Value("cartrecovery_journal_reader_lag_seconds", ("reader", reader)))),
            Bytes(_rates.Value("cartrecovery_journal_reader_lost_bytes_total", ("reader", reader))),
        }),
    ];

    // The stores that most events come from. Their carts are those that campaigns were triggered for.
    List<string[]> Stores() =>
    [
        ["STORE", "EVENTS/S", "EVENTS", "ABANDONED", "CONTACTED", "RECOVERED", "LOST"],
        .. _rates.LabelsOf(ByStore, "store").OrderByDescending(store => _rates.Rate(ByStore, ("store", store))).ThenByDescending(store => _rates.Value(ByStore, ("store", store)))
            .Take(MaxRows).Select(store => (string[])
            [
                store, Number(_rates.Rate(ByStore, ("store", store))), Number(_rates.Value(ByStore, ("store", store))),
                .. new[] { "abandoned", "contacted", "recovered", "lost" }.Select(state => Number(_rates.Value(Carts, ("store", store), ("state", state)))),
            ]),
    ];

    string[] Quantiles(string histogram, (string, string)? label) =>
        [.. new[] { 0.5, 0.95, 0.99 }.Select(share => _rates.Quantile(histogram, share, label) is { } seconds ? Seconds(seconds) : "-")];

    // The first column is left-aligned, numbers are right-aligned.
    static IEnumerable<string> Table(List<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(i => Math.Min(MaxName, rows.Max(row => TerminalText.Clean(row[i]).Length))).ToArray();
        widths[0] = Math.Max(widths[0], 22);
        return rows.Select(row => string.Join("  ", row.Select((cell, i) =>
            i == 0 ? TerminalText.Cut(cell, MaxName).PadRight(widths[i]) : TerminalText.Cut(cell, MaxName).PadLeft(Math.Max(widths[i], 11)))).TrimEnd());
    }

    static string Number(double value) => !double.IsFinite(value) ? "-" : Math.Abs(value) switch
    {
        >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:F2}G"),
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:F2}M"),
        >= 1e4 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:F1}k"),
        _ => value.ToString("0.#", CultureInfo.InvariantCulture),
    };

    static string Bytes(double value) => value switch
    {
        >= 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{value / (1 << 30):F1}GB"),
        >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{value / (1 << 20):F0}MB"),
        >= 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{value / (1 << 10):F0}KB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:F0}B"),
    };

    static string Seconds(double value) => value >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{value:F2}s")
        : string.Create(CultureInfo.InvariantCulture, $"{value * 1000:0.##}ms");
}
