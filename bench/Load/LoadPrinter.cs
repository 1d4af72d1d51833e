using System.Globalization;

namespace CartRecovery.Bench.Load;

/// <summary>Prints a run's progress and report.</summary>
sealed class LoadPrinter(TextWriter output, bool colour)
{
    const string Bars = "▁▂▃▄▅▆▇█";
    const int MaxBars = 60;

    public void Begin(LoadOptions options, EventMix mix)
    {
        var pace = options.Rate > 0 ? $"{Whole(options.Rate)} events/s" : $"flat out, {Whole(options.InFlight)} in flight";
        output.WriteLine($"{options.Target}: {options.Connections} connections, {pace} for {options.Duration}, "
            + $"{Whole(options.Carts)} carts, {Whole(mix.Count)} real events, cyclically");
    }

    public void Say(string line) => output.WriteLine(Paint(line, "33"));

    public void Second(LoadSecond second, long inFlight)
    {
        var engine = second.ResidentBytes is null
            ? ""
            : $"   engine: {Whole(second.Processed ?? 0),9} processed, p99 {Milliseconds(second.P99),8}, "
                + $"CPU {Whole(second.CpuPercent ?? 0),3}%, {Megabytes(second.ResidentBytes ?? 0),8}";
        output.WriteLine($"{second.At,6:F0} s {Whole(second.Sent),10} sent {Whole(second.Acked),10} acked {Whole(inFlight),8} in flight{engine}");
    }

    public void End(LoadReport report)
    {
        output.WriteLine();
        Row("sent", $"{Whole(report.Sent)} in {(report.WarmUpSeconds + report.Seconds).ToString("F1", CultureInfo.InvariantCulture)} s"
            + (report.WarmUpSeconds > 0 ? $"; the first {report.WarmUpSeconds.ToString("F1", CultureInfo.InvariantCulture)} s are in no rate and no latency" : ""));
        if (report.Scheduled is { } scheduled && scheduled - report.Sent > report.Rate / 100)
        {
            Row("", Paint($"{Whole(scheduled - report.Sent)} due events could not be sent: the rate was not held", "33"));
        }

        Row("acknowledged", $"{Whole(report.Acked)}, {Whole(report.AckedPerSecond)}/s");
        Row("interventions", Whole(report.Interventions));
        foreach (var (code, count) in report.Errors.OrderByDescending(error => error.Value))
        {
            Row($"error {code}", Whole(count));
        }

        Row("ack latency", Line(report.AckLatency) + (report.Rate > 0 ? "  (due → ack; up to 1 ms is pacing)" : "  (sent → ack)"));
        if (report.SendDelay is { } delay)
        {
            Row("send delay", Line(delay) + "  (due → sent, of the oldest in each batch)");
        }

        Row("generator CPU", $"{Whole(report.GeneratorCpuPercent)}% of a core");
        if (report.Machine is { } machine)
        {
            Row("machine", $"{Whole(machine.BusyPercent)}% of {100 * machine.Cores}% busy, other processes {Whole(machine.OthersPercent)}%, stolen {Whole(machine.StolenPercent)}%");
            if (machine.IsShared && report.Engine is not null)
            {
                Row("", Paint("the machine did other work too: these figures are not the engine's alone", "33"));
            }
        }

        if (report.Engine is { } engine)
        {
            End(engine, report.PerSecond);
        }

        output.WriteLine();
        foreach (var failure in report.Failures)
        {
            output.WriteLine(Paint(failure, "31"));
        }

        if (report.Unacknowledged > 0)
        {
            output.WriteLine(Paint($"NOT ACKNOWLEDGED {Whole(report.Unacknowledged)}", "31"));
        }

        if (report.Engine is { Lost: > 0 } lossy)
        {
            output.WriteLine(Paint($"LOST {Whole(lossy.Lost)}", "31"));
        }

        if (report.Engine is { Surplus: > 0 } more)
        {
            output.WriteLine(Paint($"{Whole(more.Surplus)} MORE THAN SENT: another client, or counted twice", "31"));
        }

        if (report.Passed)
        {
            output.WriteLine(Paint(report.Engine is null ? "all acknowledged" : "none lost", "32"));
        }
    }

    void End(EngineReport engine, IReadOnlyList<LoadSecond> seconds)
    {
        output.WriteLine();
        Row("engine received", Whole(engine.Received));
        Row("= processed", Whole(engine.Processed));
        Row("+ rejected", Whole(engine.Rejected) + string.Concat(engine.RejectedByCode.Select(code => $"  {code.Key} {Whole(code.Value)}")));
        Row("+ duplicates", Whole(engine.Duplicates));
        if (engine.Latency is { } latency)
        {
            Row("engine latency", Line(latency) + "  (received → decided)");
        }

        Row("engine CPU", $"{Whole(engine.CpuPercent)}% of a core");
        Row("engine memory", $"{Megabytes(engine.ResidentBytesAtStart)} → {Megabytes(engine.ResidentBytesAtHalf)} → "
            + $"{Megabytes(engine.ResidentBytesAtEnd)}  (start, half, end)");
        Sparkline("processed/s", seconds.Select(second => second.Processed));
        Sparkline("p99", seconds.Select(second => second.P99));
        Sparkline("memory", seconds.Select(second => second.ResidentBytes));
    }

    // Scaled from 0 to the maximum; in a long run, each bar is the maximum of several seconds.
    void Sparkline(string name, IEnumerable<double?> perSecond)
    {
        var values = perSecond.Select(value => value ?? 0).ToArray();
        var largest = values.DefaultIfEmpty().Max();
        if (largest <= 0)
        {
            return;
        }

        var perBar = (values.Length + MaxBars - 1) / MaxBars;
        Row(name, string.Concat(values.Chunk(perBar).Select(group => Bars[(int)Math.Round(group.Max() / largest * (Bars.Length - 1))])));
    }

    void Row(string name, string value) => output.WriteLine($"{name,-17} {value}");

    string Paint(string text, string code) => colour ? $"\e[{code}m{text}\e[0m" : text;

    static string Line(Quantiles quantiles) =>
        $"p50 {Milliseconds(quantiles.P50)}  p90 {Milliseconds(quantiles.P90)}  p99 {Milliseconds(quantiles.P99)}  "
        + $"p99.9 {Milliseconds(quantiles.P999)}" + (quantiles.Max is { } max ? $"  max {Milliseconds(max)}" : "");

    static string Whole(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    static string Milliseconds(double? number) => number is { } known ? known.ToString("F2", CultureInfo.InvariantCulture) + " ms" : "–";

    static string Megabytes(double bytes) => (bytes / 1e6).ToString("F1", CultureInfo.InvariantCulture) + " MB";
}
