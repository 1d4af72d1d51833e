using System.Globalization;
using System.Text;
using CartRecovery.Engine.Learning.Evaluation;

namespace CartRecovery.Engine.Learning.OffPolicy;

/// <summary>Writes the card of an uplift model: how well its scores rank whom an action influences.</summary>
public static class UpliftCard
{
    const string Blue = "#1f5fa8", Grey = "#777777";

    // More points do not show on the picture.
    const int MaxPoints = 400;

    /// <summary>Writes the card in Markdown, and its Qini curve beside it: <c>NAME-qini.svg</c>.</summary>
    /// <param name="path">The card's file.</param>
    /// <param name="uplift">The scored rows.</param>
    /// <param name="qini">The quality of the scores.</param>
    /// <param name="treatment">The action.</param>
    /// <param name="against">The action that it is compared with.</param>
    /// <param name="segments">Parts of the rows.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(string path, Uplift uplift, Qini qini, string treatment, string against, IReadOnlyList<UpliftSegment>? segments = null)
    {
        var picture = $"{Path.GetFileNameWithoutExtension(path)}-qini.svg";
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, picture), Picture(qini));
        File.WriteAllText(path, Text(uplift, qini, treatment, against, picture) + Text(segments ?? []));
    }

    /// <summary>Draws the Qini curve with the straight line to its end, which random scores would follow.</summary>
    internal static string Picture(Qini qini)
    {
        var gains = qini.Curve.Select(point => point.Gain).ToList();
        var (low, high) = (Math.Min(0, gains.Min()), Math.Max(0, gains.Max()));
        const string Share = "share treated, best scores first", Gain = "gain in outcomes per treated row";
        return new SvgChart("Qini curve", Share, Gain, 1, high, namesAreBelow: qini.Uplift >= 0, low)
            .Line("at random", Grey, [(0, 0), (1, qini.Uplift)], isDashed: true)
            .Line(Invariant($"Qini {qini.Coefficient:0.0000}"), Blue, Thinned(qini.Curve).Select(point => (point.Share, point.Gain))).ToString();
    }

    static string Text(Uplift uplift, Qini qini, string treatment, string against, string picture)
    {
        var card = new StringBuilder();
        card.Append(Invariant($"""
            # Uplift of {treatment} against {against}

            Estimates how much `{treatment}` instead of `{against}` changes each row's probability of the outcome: two logistic
            regressions, subtracted. Each row was scored by models that had not seen it.

            | rows | count | with the outcome |
            |---|---:|---:|
            {Row(treatment, isTreated: true)}
            {Row(against, isTreated: false)}

            | measure | value |
            |---|---:|
            | uplift of all | {qini.Uplift:0.00000} |
            | Qini coefficient | {qini.Coefficient:0.00000} (95% interval {qini.Low:0.00000} to {qini.High:0.00000}, bootstrap over rows) |
            | q0 | {(double.IsFinite(qini.Q0) ? Invariant($"{qini.Q0:0.000}") : "none: the action has no benefit over all")} |

            {(qini.Low > 0 ? "The scores rank better than chance." : "The interval contains 0: the scores may rank no better than chance.")}

            ![Qini curve]({picture})

            | share treated, best scores first | gain in outcomes per treated row | at random |
            |---:|---:|---:|

            """));
        for (var tenth = 1; tenth <= 10; tenth++)
        {
            card.Append(Invariant($"| {tenth * 10}% | {GainAt(qini.Curve, tenth / 10.0):0.00000} | {qini.Uplift * tenth / 10:0.00000} |\n"));
        }

        return card.ToString();

        string Row(string name, bool isTreated)
        {
            var rows = Enumerable.Range(0, uplift.Treated.Length).Where(i => uplift.Treated[i] == isTreated).ToList();
            var wins = rows.Count(i => uplift.Outcomes[i] != 0);
            return Invariant($"| `{name}` | {rows.Count} | {wins} ({100.0 * wins / Math.Max(1, rows.Count):0.00}%) |");
        }
    }

    static string Text(IReadOnlyList<UpliftSegment> segments)
    {
        if (segments.Count == 0)
        {
            return "";
        }

        var card = new StringBuilder(Invariant($"""

            Segments, with 95% intervals. Of {segments.Count} intervals, about {Math.Max(1, Math.Round(segments.Count * 0.05))} can be wrong by chance.

            | segment | treated | others | uplift | Qini coefficient |
            |---|---:|---:|---:|---:|

            """));
        foreach (var segment in segments)
        {
            card.Append(Invariant($"| {segment.Name} | {segment.Treated} | {segment.Others} | "));
            card.Append(segment.Quality is { } quality
                ? Invariant($"{segment.Effect:0.00000} ({segment.Low:0.00000} to {segment.High:0.00000}) | {quality.Coefficient:0.00000} ({quality.Low:0.00000} to {quality.High:0.00000}) |\n")
                : "unknown | unknown |\n");
        }

        return card.ToString();
    }

    // Between two points, a share of the tied rows is treated.
    static double GainAt(IReadOnlyList<QiniPoint> curve, double share)
    {
        var end = 1;
        while (end < curve.Count - 1 && curve[end].Share < share)
        {
            end++;
        }

        var (from, to) = (curve[end - 1], curve[end]);
        return from.Gain + ((to.Gain - from.Gain) * Math.Clamp((share - from.Share) / (to.Share - from.Share), 0, 1));
    }

    static IEnumerable<QiniPoint> Thinned(IReadOnlyList<QiniPoint> curve)
    {
        var step = Math.Max(1, (curve.Count + MaxPoints - 1) / MaxPoints);
        return curve.Where((_, i) => i % step == 0 || i == curve.Count - 1);
    }

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
