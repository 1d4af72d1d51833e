using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.Backtest;
using CartRecovery.Host.Composition.Telemetry;
using CartRecovery.Host.Models;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Backtest;

/// <summary>Writes a replay's report as text and as JSON.</summary>
static class ReplayReportText
{
    const int Examples = 5;
    const int JsonExamples = 100;

    /// <summary>Prints the report.</summary>
    public static void Print(ReplayReport report, TimeSpan took, ConfiguredModels models)
    {
        var all = report.Events + report.EventsBefore;
        Print($"events      {report.Events,12:N0}   in {took.TotalSeconds:N1} s: {all / Math.Max(took.TotalSeconds, 0.001):N0} a second");
        if (report.EventsBefore > 0)
        {
            Print($"  before    {report.EventsBefore,12:N0}   applied to carts only, before --from");
        }

        Print($"carts       {report.Carts,12:N0}");
        Print($"scores      {report.Scores.Count,12:N0}   by {models.Champion.Id}, mean {report.Scores.Mean:0.0000}");
        Print($"  deciles   {string.Join("  ", Deciles(report).Select(d => d.ToString("0.0000", CultureInfo.InvariantCulture)))}");
        Print($"decisions   {report.Decisions.Count,12:N0}");
        foreach (var (campaign, action, count) in Counts(report))
        {
            Print($"  {campaign}: {count:N0} {action}");
        }

        if (report.Rejected > 0)
        {
            Console.WriteLine($"rejected    {report.Rejected,12:N0}   the first: {TerminalText.Clean(report.FirstRejected ?? "")}");
        }

        if (!report.IsWhole)
        {
            Console.WriteLine("The journal's oldest files were deleted: carts that began in them are incomplete.");
        }

        if (models.Missing is { Count: > 0 } missing)
        {
            Console.WriteLine($"Models of the journal that are missing: {TerminalText.Clean(string.Join(", ", missing))}.");
            Console.WriteLine("Where they served, the configured models were used.");
        }

        if (report.Difference is { } difference)
        {
            Print(difference);
        }
    }

    /// <summary>Writes the report as JSON.</summary>
    public static void Write(Utf8JsonWriter writer, ReplayReport report, TimeSpan took, ConfiguredModels models)
    {
        writer.WriteStartObject();
        writer.WriteNumber("events"u8, report.Events);
        writer.WriteNumber("eventsBefore"u8, report.EventsBefore);
        writer.WriteNumber("carts"u8, report.Carts);
        writer.WriteNumber("seconds"u8, Math.Round(took.TotalSeconds, 3));
        writer.WriteNumber("eventsPerSecond"u8, (long)((report.Events + report.EventsBefore) / Math.Max(took.TotalSeconds, 0.001)));
        writer.WriteString("model"u8, models.Champion.Id);
        writer.WriteStartArray("missingModels"u8);
        foreach (var missing in models.Missing)
        {
            writer.WriteStringValue(missing);
        }

        writer.WriteEndArray();
        writer.WriteBoolean("whole"u8, report.IsWhole);
        writer.WriteNumber("refused"u8, report.Rejected);
        if (report.FirstRejected is { } first)
        {
            writer.WriteString("firstRefused"u8, first);
        }

        writer.WriteStartObject("scores"u8);
        writer.WriteNumber("count"u8, report.Scores.Count);
        writer.WriteNumber("mean"u8, Math.Round(report.Scores.Mean, 6));
        writer.WriteStartArray("deciles"u8);
        foreach (var decile in Deciles(report))
        {
            writer.WriteNumberValue(decile);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteNumber("decisions"u8, report.Decisions.Count);
        writer.WriteStartArray("byCampaign"u8);
        foreach (var (campaign, action, count) in Counts(report))
        {
            writer.WriteStartObject();
            writer.WriteString("campaign"u8, campaign);
            writer.WriteString("action"u8, action);
            writer.WriteNumber("count"u8, count);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (report.Difference is { } difference)
        {
            Write(writer, difference);
        }

        writer.WriteEndObject();
    }

    static void Print(DecisionDifference difference)
    {
        Console.WriteLine(difference.IsEmpty ? "\nSame decisions as recorded.\n" : "\nCompared with the recorded decisions:\n");
        Terminal.WriteTable(
        [
            ["same", "only then", "only now", "score then", "score now", "campaign"],
            .. difference.Campaigns.Select(c => new[]
            {
                c.Same.ToString("N0", CultureInfo.InvariantCulture), c.OnlyThen.ToString("N0", CultureInfo.InvariantCulture),
                c.OnlyNow.ToString("N0", CultureInfo.InvariantCulture), Score(c.ScoreThen), Score(c.ScoreNow), c.Campaign,
            }),
        ], 0, 1, 2, 3, 4);
        PrintExamples("Only then", difference.OnlyThen);
        PrintExamples("Only now", difference.OnlyNow);
    }

    static void PrintExamples(string title, IReadOnlyList<ReplayedDecision> decisions)
    {
        if (decisions.Count == 0)
        {
            return;
        }

        Console.WriteLine($"\n{title}{(decisions.Count > Examples ? $", first {Examples}" : "")}:");
        foreach (var d in decisions.Take(Examples))
        {
            Print($"  {Moment(d)}  {d.Campaign}  cart {TerminalText.Clean(d.Cart)} of {d.Store}, score {d.Score:0.000}");
        }
    }

    static void Write(Utf8JsonWriter writer, DecisionDifference difference)
    {
        writer.WriteStartObject("difference"u8);
        writer.WriteBoolean("empty"u8, difference.IsEmpty);
        writer.WriteNumber("onlyThen"u8, difference.OnlyThen.Count);
        writer.WriteNumber("onlyNow"u8, difference.OnlyNow.Count);
        writer.WriteStartArray("campaigns"u8);
        foreach (var c in difference.Campaigns)
        {
            writer.WriteStartObject();
            writer.WriteString("campaign"u8, c.Campaign);
            writer.WriteNumber("then"u8, c.Then);
            writer.WriteNumber("now"u8, c.Now);
            writer.WriteNumber("same"u8, c.Same);
            writer.WriteNumber("onlyThen"u8, c.OnlyThen);
            writer.WriteNumber("onlyNow"u8, c.OnlyNow);
            WriteScore(writer, "scoreThen", c.ScoreThen);
            WriteScore(writer, "scoreNow", c.ScoreNow);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteExamples(writer, "examplesOnlyThen", difference.OnlyThen);
        WriteExamples(writer, "examplesOnlyNow", difference.OnlyNow);
        writer.WriteEndObject();
    }

    static void WriteExamples(Utf8JsonWriter writer, string name, IReadOnlyList<ReplayedDecision> decisions)
    {
        writer.WriteStartArray(name);
        foreach (var d in decisions.Take(JsonExamples))
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, d.Id);
            writer.WriteString("storeId"u8, d.Store);
            writer.WriteString("cartId"u8, d.Cart);
            writer.WriteString("campaign"u8, d.Campaign);
            writer.WriteString("at"u8, Moment(d));
            writer.WriteNumber("score"u8, Math.Round(d.Score, 6));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    static void WriteScore(Utf8JsonWriter writer, string name, double? score)
    {
        if (score is { } value)
        {
            writer.WriteNumber(name, Math.Round(value, 6));
        }
    }

    static IEnumerable<double> Deciles(ReplayReport report) => Enumerable.Range(1, 9).Select(i => report.Scores.Quantile(i / 10.0));

    static IEnumerable<(string Campaign, string Action, int Count)> Counts(ReplayReport report) =>
        report.Decisions.GroupBy(d => (d.Campaign, d.Action)).OrderBy(g => g.Key.Campaign, StringComparer.Ordinal)
            .Select(g => (g.Key.Campaign, EngineMetrics.NameOf(g.Key.Action), g.Count()));

    static string Score(double? score) => score?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "";

    static string Moment(ReplayedDecision d) =>
        DateTimeOffset.FromUnixTimeMilliseconds(d.At).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
