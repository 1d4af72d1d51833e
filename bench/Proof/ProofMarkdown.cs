using System.Globalization;
using System.Text;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Proof;

/// <summary>Formats the report as Markdown.</summary>
static class ProofMarkdown
{
    /// <summary>Formats a report.</summary>
    public static string Of(ProofReport report)
    {
        var page = new StringBuilder();
        page.Append("# Measured results\n\n");
        page.Append("Written by `dotnet run -c Release --project bench -- proof`; [README.md](README.md) explains how to read it.\n\n");
        if (report.Quick)
        {
            page.Append("**Measured with `--quick`, which only checks that everything works: the numbers are not meaningful.**\n\n");
        }

        Machine(page, report.Machine);
        Targets(page, report.Targets);
        Throughput(page, report.Throughput);
        if (report.Latency is { } latency)
        {
            Latency(page, latency);
        }

        Carts(page, report.Carts);
        Stages(page, report.Stages);
        foreach (var failure in report.Failures)
        {
            page.Append(CultureInfo.InvariantCulture, $"**Not measured:** {failure.ReplaceLineEndings(" ")}\n\n");
        }

        return page.ToString().TrimEnd() + "\n";
    }

    static void Machine(StringBuilder page, Machine m) => page.Append(CultureInfo.InvariantCulture,
        $"Machine: {m.Processor}, {m.Cores} cores{(m.Virtual ? " of a virtual machine" : "")}, {m.MemoryBytes / (double)(1 << 30):F0} GB, {m.Kernel}; the load generator on the same cores. "
        + $"Engine: the native binary, with its default configuration; generator and baselines: {m.Runtime}. Commit {m.Commit}, {m.At:yyyy-MM-dd HH:mm} UTC, "
        + $"load average before it {m.LoadAverageBefore:F2}.\n\n");

    static void Targets(StringBuilder page, IReadOnlyList<TargetResult> targets)
    {
        Header(page, "Targets", "target", "goal", "measured", "");
        foreach (var target in targets)
        {
            Row(page, target.Name, target.Goal, target.Measured ?? "not measured here", target.Passed switch { true => "pass", false => "**miss**", _ => "" });
        }

        page.Append('\n');
    }

    static void Throughput(StringBuilder page, IReadOnlyList<ThroughputRow> rows)
    {
        Header(page, "Flat out", "protocol", "connections", "a message", "server", "durable", "scored", "acknowledged/s", "of the sink", "times plain",
            "times plain, lazy acks", "CPU an event", "generator CPU");
        foreach (var row in rows)
        {
            Row(page, $"{row.Format}, {row.Transport}", Whole(row.Connections), Whole(row.PerMessage), NameOf(row.Contender),
                row.Contender == Contender.Engine ? "yes" : "no", row.Scoring ?? "–", Whole(row.Rate) + (row.Accounted ? "" : " (EVENTS LOST)"),
                Text(row.RatioToSink, "0%"), Text(row.RatioToPlain, "F1"), Text(row.RatioToPlainLazyAcks, "F1"),
                row.CpuMicroseconds.ToString("F2", CultureInfo.InvariantCulture) + " µs",
                Whole(row.GeneratorCpuPercent) + "%");
        }

        page.Append("\nMedians over the rounds; ratios are taken within a round. CPU is that of all the server's threads; the generator's is in percent of a core.\n\n");
    }

    static void Latency(StringBuilder page, LatencyResult latency)
    {
        Header(page, $"At {Whole(latency.Rate)} events/s, durable", "", "p50", "p90", "p99", "p99.9", "max");
        Row(page, Line("received to decided", latency.Decided));
        Row(page, Line("event due to acknowledged", latency.Ack));
        Row(page, Line("event due to popup, same socket", latency.Popup));
        Row(page, Line("of that, due to sent by the probe", latency.PopupSendDelay));
        page.Append(CultureInfo.InvariantCulture,
            $"\nMilliseconds, corrected for coordinated omission; {Whole(latency.Popups)} popups, {Whole(latency.PopupsMissing)} missing; the engine used {latency.CpuPercent:F1}% of the cores.\n\n");
    }

    static void Carts(StringBuilder page, IReadOnlyList<CartsRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        Header(page, "Carts", "carts", "their records", "memory for them", "acknowledged/s", "CPU an event", "resident", "made in");
        foreach (var row in rows)
        {
            Row(page, Whole(row.Carts), Gigabytes(row.RecordBytes), Gigabytes(row.MemoryBytes), Whole(row.Rate) + (row.Accounted ? "" : " (EVENTS LOST)"),
                row.CpuMicroseconds.ToString("F2", CultureInfo.InvariantCulture) + " µs", Gigabytes(row.ResidentBytes), Whole(row.FillSeconds) + " s");
        }

        page.Append("\nJSON over 8 WebSockets, durable. The load cycles through the carts: beyond the memory, each is read back from disk.\n\n");
    }

    static void Stages(StringBuilder page, IReadOnlyList<StageRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        Header(page, "Stages", "stage", "native", "JIT", "JIT, BenchmarkDotNet", "allocated");
        foreach (var row in rows)
        {
            Row(page, row.Name, Nanoseconds(row.Native), Nanoseconds(row.Jit), Nanoseconds(row.BenchmarkDotNet), row.AllocatedBytes is { } bytes ? $"{Text(bytes, "F1")} B" : "–");
        }

        page.Append("\nNanoseconds and bytes per event, one thread, no socket; in parentheses, the events per call.\n\n");
    }

    static string NameOf(Contender contender) => contender switch
    {
        Contender.Sink => "sink (the limit)",
        Contender.RawSink => "raw sink",
        Contender.Plain => "plain ASP.NET Core",
        Contender.PlainLazyAcks => "plain, lazy acks",
        _ => "**engine**",
    };

    static void Header(StringBuilder page, string title, params string[] columns)
    {
        page.Append(CultureInfo.InvariantCulture, $"## {title}\n\n");
        Row(page, columns);
        Row(page, [.. columns.Select((_, i) => i == 0 ? "---" : "---:")]);
    }

    static void Row(StringBuilder page, params string[] cells) => page.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    static string[] Line(string name, Quantiles q) => [name, Text(q.P50, "F2"), Text(q.P90, "F2"), Text(q.P99, "F2"), Text(q.P999, "F2"), Text(q.Max, "F2")];

    static string Text(double? number, string format) => number?.ToString(format, CultureInfo.InvariantCulture) ?? "–";

    static string Whole(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    static string Nanoseconds(double? number) => number is null ? "–" : Text(number, number < 100 ? "F1" : "N0") + " ns";

    static string Gigabytes(double bytes) => (bytes / (1 << 30)).ToString("F2", CultureInfo.InvariantCulture) + " GB";
}
