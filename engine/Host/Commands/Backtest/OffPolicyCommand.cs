using System.Globalization;
using CartRecovery.Engine.Learning.OffPolicy;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Backtest;

/// <summary><c>offpolicy</c>: estimates from randomised choices what other policies would have earned.</summary>
static class OffPolicyCommand
{
    const string All = "all";

    public static int Run(OffPolicyOptions options)
    {
        if (WrongUsage(options) is { } wrong)
        {
            Console.Error.WriteLine($"error: {wrong}");
            return ExitCode.BadUsage;
        }

        try
        {
            if (options.Log is { } path)
            {
                return Print(ChoiceLogCsv.Read(path), options);
            }

            // Steps without this offer say nothing about it.
            var steps = JourneyChoices.Read(options.FromOutreach!).Where(s => options.Policy == All || s.Log.ActionOf(options.Policy) >= 0).ToList();
            foreach (var (title, log) in steps)
            {
                Console.WriteLine(TerminalText.Clean(title));
                Print(log, options);
                Console.WriteLine();
            }

            return steps.Count > 0 ? ExitCode.Success : throw new IOException($"no step chose among offers with '{options.Policy}'");
        }
        catch (Exception e) when (e is IOException or FormatException or ArgumentException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"error: {TerminalText.Clean(e.Message)}");
            return ExitCode.Failed;
        }
    }

    static string? WrongUsage(OffPolicyOptions options) =>
        (options.Log is null) == (options.FromOutreach is null) ? "give either --log FILE or --from-outreach FOLDER"
        : (options.Uplift is null) != (options.Against is null) ? "--uplift and --against require each other"
        : options.Card is not null && options.Uplift is null ? "--card requires --uplift"
        : options.Segments is not null && options.Uplift is null ? "--segments requires --uplift"
        : options.Uplift is not null && options.Log is null ? "--uplift requires --log with rewards 0 or 1"
        : null;

    static int Print(ChoiceLog log, OffPolicyOptions options)
    {
        foreach (var name in (ReadOnlySpan<string?>)[options.Policy == All ? null : options.Policy, options.Uplift, options.Against])
        {
            if (name is not null && log.ActionOf(name) < 0)
            {
                Console.Error.WriteLine($"error: '{TerminalText.Clean(name)}' is not an action in the log; expected one of {TerminalText.Clean(string.Join(", ", log.Actions))}");
                return ExitCode.Failed;
            }
        }

        var offPolicy = new OffPolicyEstimator(log);
        Line($"{log.Count:N0} choices among {log.Actions.Count} actions, {log.Features.Count} features");
        List<string[]> rows = [["value", "95% interval", "by", "effective", "largest weight", "policy"], Row(offPolicy.Logged, "mean", Text($"{log.Count:N0}"), "1", "as logged")];
        List<string> notes = [];
        foreach (var action in Enumerable.Range(0, log.Actions.Count).Where(a => options.Policy == All || log.Actions[a] == options.Policy)
            .OrderBy(a => log.Actions[a], StringComparer.Ordinal))
        {
            var name = $"always {log.Actions[action]}";
            var value = offPolicy.Evaluate(OffPolicyEstimator.Always(action));
            var (effective, largest) = (Text($"{value.EffectiveSampleSize:N0}"), Text($"{value.LargestWeight:0.##}"));
            rows.Add(Row(value.Ips, "IPS", effective, largest, name));
            rows.Add(Row(value.SelfNormalisedIps, "SNIPS", effective, largest, name));
            rows.Add(Row(value.DoublyRobust, "DR", effective, largest, name));
            if (IsOff(value.MeanWeight))
            {
                notes.Add(Text($"note: the weights of '{name}' average {value.MeanWeight.Value:0.###} instead of 1: the propensities do not match the choices, or it was never chosen in some contexts"));
            }
        }

        Terminal.WriteTable(rows, 0, 3, 4);
        notes.ForEach(note => Console.WriteLine(TerminalText.Clean(note)));
        if (options.Uplift is { } treatment)
        {
            PrintUplift(log, treatment, options);
        }

        return ExitCode.Success;
    }

    static void PrintUplift(ChoiceLog log, string treatment, OffPolicyOptions options)
    {
        var uplift = Uplift.CrossFit(log, log.ActionOf(treatment), log.ActionOf(options.Against!));
        var qini = uplift.Rank();
        var segments = UpliftSegment.Of(uplift, (options.Segments ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        Line($"uplift of {TerminalText.Clean(treatment)} against {TerminalText.Clean(options.Against!)}: {qini.Uplift:0.#####} for all; the model's Qini {qini.Coefficient:0.#####} ({qini.Low:0.#####} to {qini.High:0.#####}), q0 {qini.Q0:0.###}");
        if (segments.Count > 0)
        {
            Terminal.WriteTable([["uplift", "95% interval", "Qini", "95% interval", "rows", "segment"], .. segments.Select(segment => (string[])
                [Text($"{segment.Effect:0.00000}"), Text($"{segment.Low:0.00000} to {segment.High:0.00000}"), Text($"{segment.Quality?.Coefficient:0.00000}"),
                 Text($"{segment.Quality?.Low:0.00000} to {segment.Quality?.High:0.00000}"), Text($"{segment.Treated + segment.Others:N0}"), segment.Name])], 0, 2, 4);
        }

        if (options.Card is { } card)
        {
            UpliftCard.Write(card, uplift, qini, treatment, options.Against!, segments);
            Console.WriteLine($"wrote {TerminalText.Clean(card)}");
        }
    }

    // Four standard errors, so that chance alone hardly ever causes a note.
    static bool IsOff(Estimate meanWeight) => Math.Abs(meanWeight.Value - 1) > 4 * meanWeight.StandardError + 1e-6;

    static string[] Row(Estimate estimate, string by, string effective, string largest, string policy) =>
        [Text($"{estimate.Value:0.00000}"), Text($"{estimate.Low:0.00000} to {estimate.High:0.00000}"), by, effective, largest, policy];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    static void Line(FormattableString line) => Console.WriteLine(Text(line));
}
