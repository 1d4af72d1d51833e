using System.Globalization;

namespace CartRecovery.Bench.Proof;

/// <summary>Compares the engine's targets with the measurements. A target that was not measured is neither met nor missed.</summary>
static class Targets
{
    /// <summary>Evaluates every target.</summary>
    public static IReadOnlyList<TargetResult> Of(IReadOnlyList<ThroughputRow> rows, LatencyResult? latency, IReadOnlyList<CartsRow> carts)
    {
        var durable = rows.Where(row => row is { Contender: Contender.Engine, Scoring: Scenario.EveryEvent }).ToArray();
        var frames = durable.Where(row => row is { Format: Scenario.Json, Transport: Scenario.WebSocket, PerMessage: 1, Connections: >= 8 and <= 64 }).ToArray();
        var arrays = durable.Where(row => row is { Format: Scenario.MessagePack, Transport: Scenario.Tcp, PerMessage: > 1 }).ToArray();
        return
        [
            AtLeast("JSON over WebSocket, one event a frame, 8-64 connections, durable", frames, row => row.Rate, 500_000, "N0", " events/s"),
            AtLeast("MessagePack arrays over TCP, durable", arrays, row => row.Rate, 1_000_000, "N0", " events/s"),
            AtLeast("Of the plain ASP.NET Core server's rate in the same round", frames, row => row.RatioToPlain, 10, "F1", " times"),
            AtLeast("Of the throw-away sink's rate in the same round", durable, row => row.RatioToSink, 0.25, "0%", ""),
            Below("At 50,000 events/s: received to decided, p99", latency, l => l.Decided.P99, 5, " ms"),
            Below("At 50,000 events/s: received to decided, p99.9", latency, l => l.Decided.P999, 20, " ms"),
            Below("At 50,000 events/s: event due to popup on the same socket, p99", latency,
                l => l.PopupsMissing == 0 ? l.Popup.P99 : double.PositiveInfinity, 10, " ms"),
            Below("At 50,000 events/s: processor, of all cores", latency, l => l.CpuPercent, 20, "%"),
            Curve(carts),
            new TargetResult("100,000 idle connections", "see `idle`", null, null),
        ];
    }

    // The worst row counts; a row with lost events misses the target.
    static TargetResult AtLeast(string name, ThroughputRow[] rows, Func<ThroughputRow, double?> of, double goal, string format, string unit)
    {
        var bound = $"at least {goal.ToString(format, CultureInfo.InvariantCulture)}{unit}";
        var measured = rows.Select(row => (Value: of(row), row.Accounted)).Where(row => row.Value is not null).ToArray();
        if (measured.Length == 0)
        {
            return new TargetResult(name, bound, null, null);
        }

        var text = string.Join("; ", measured.Select(row => row.Value!.Value.ToString(format, CultureInfo.InvariantCulture) + (row.Accounted ? "" : " (events lost)")));
        return new TargetResult(name, bound, text + unit, Array.TrueForAll(measured, row => row.Accounted && row.Value >= goal));
    }

    static TargetResult Below(string name, LatencyResult? latency, Func<LatencyResult, double> of, double goal, string unit)
    {
        var bound = FormattableString.Invariant($"below {goal}{unit}");
        if (latency is null)
        {
            return new TargetResult(name, bound, null, null);
        }

        var value = of(latency);
        var text = FormattableString.Invariant($"{value:F2}{unit}") + (latency.Held ? "" : " (the rate was not held, or events lost)");
        return new TargetResult(name, bound, text, latency.Held && value < goal);
    }

    // Has no bound; the curve is for the reader.
    static TargetResult Curve(IReadOnlyList<CartsRow> carts) => new("Cost against the number of carts", "a curve",
        carts.Count == 0 ? null : string.Join("; ", carts.Select(row => FormattableString.Invariant($"{row.Carts:N0}: {row.Rate:N0} events/s"))), null);
}
