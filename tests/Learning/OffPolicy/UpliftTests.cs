using System.Globalization;
using System.Xml.Linq;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.OffPolicy;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Tests.Learning.Training;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Learning.OffPolicy;

[Parallelizable]
public sealed class UpliftTests
{
    [Test]
    public void The_Qini_curve_matches_a_hand_computation()
    {
        // By descending score: a treated success, an untreated failure, then a tie of a treated failure and an untreated success.
        var qini = Qini.Of([4, 3, 2, 2], [true, false, true, false], [1, 0, 0, 1], rounds: 1, seed: 1);

        Assert.That(qini.Curve, Is.EqualTo(new QiniPoint[] { new(0, 0), new(0.25, 0.5), new(0.5, 0.5), new(1, 0) }));
        Assert.That(qini.Uplift, Is.Zero);
        Assert.That(qini.Coefficient, Is.EqualTo(0.25 * 0.25 + 0.25 * 0.5 + 0.5 * 0.25));
        Assert.That(qini.Q0, Is.NaN);
    }

    [Test]
    public void Perfect_scores_have_a_q0_of_1_and_reversed_scores_of_minus_1()
    {
        // A fifth responds: they succeed if and only if treated; nobody else does.
        float[] scores = [.. Enumerable.Range(0, 1000).Select(i => i % 10 < 2 ? 1f : 0f)];
        bool[] treated = [.. Enumerable.Range(0, 1000).Select(i => i % 2 == 0)];
        byte[] outcomes = [.. Enumerable.Range(0, 1000).Select(i => i % 10 == 0 ? (byte)1 : (byte)0)];

        var qini = Qini.Of(scores, treated, outcomes, rounds: 200, seed: 1);
        var reverse = Qini.Of([.. scores.Select(s => -s)], treated, outcomes, rounds: 200, seed: 1);

        Assert.That((qini.Uplift, qini.Q0, reverse.Q0), Is.EqualTo((0.2, 1, -1)).Within(1e-9));
        Assert.That(qini.Coefficient, Is.EqualTo(0.2 * 0.8 / 2).Within(1e-9));
        Assert.That((qini.Low, qini.High), Is.EqualTo((0.08, 0.08)).Within(0.02));
        Assert.That(qini.Low, Is.LessThan(0.08));
        Assert.That(qini.High, Is.GreaterThan(0.08));
    }

    [Test]
    public void The_card_shows_the_curve_of_its_scores()
    {
        var random = new SeededRandom(7);
        bool[] treated = [.. Enumerable.Range(0, 1500).Select(_ => random.Unit() < 0.5)];
        var row = 0;
        var set = SyntheticData.Draw(1500, 2, 6, x => 0.3 + (treated[row++] ? 0.2 * x[0] : 0));
        var uplift = Uplift.CrossFit(set, treated);
        var qini = uplift.Rank(rounds: 50);
        using var scratch = new Scratch();

        UpliftCard.Write(scratch.PathOf("mail.md"), uplift, qini, "mail", "none");

        var card = File.ReadAllText(scratch.PathOf("mail.md"));
        Assert.That(card, Does.Contain("![Qini curve](mail-qini.svg)").And.Contain(Text($"| `mail` | {treated.Count(t => t)} |"))
            .And.Contain(Text($"| 100% | {qini.Uplift:0.00000} | {qini.Uplift:0.00000} |")).And.Contain("rank better than chance"));
        var svg = XDocument.Load(scratch.PathOf("mail-qini.svg")).Root!;
        var path = svg.Descendants().Single(e => e.Attribute("stroke")?.Value == "#1f5fa8").Attribute("d")!.Value;
        Assert.That(path.Count(c => c == 'L'), Is.InRange(50, 450), "the whole curve, thinned");

        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    [Test]
    public void The_effect_is_measured_by_segment()
    {
        // It helps where the first feature is above 0 alone.
        var random = new SeededRandom(9);
        bool[] treated = [.. Enumerable.Range(0, 4000).Select(_ => random.Unit() < 0.5)];
        var row = 0;
        var drawn = SyntheticData.Draw(4000, 2, 3, x => 0.2 + (treated[row++] && x[0] > 0 ? 0.3 : 0));
        var set = new TrainingSet(["first", "plan=gold", "plan=free"], [.. Enumerable.Range(0, drawn.Count).SelectMany(i => new[]
        {
            i % 10 == 9 ? float.NaN : drawn.Row(i)[0], drawn.Row(i)[0] > 0 && i % 7 > 0 ? 1 : 0, drawn.Row(i)[0] <= 0 ? 1 : 0,
        })], drawn.Labels, drawn.Groups, drawn.Times);
        var uplift = Uplift.CrossFit(set, treated);

        var plans = UpliftSegment.Of(uplift, ["plan"], rounds: 50);
        Assert.That(plans.Select(segment => segment.Name), Is.EqualTo(new[] { "plan=gold", "plan=free", "another plan" }));
        Assert.That(plans.Select(segment => segment.Effect), Is.EqualTo(new[] { 0.3, 0, 0.3 }).Within(0.1));
        Assert.That(plans.Select(segment => segment.Low > 0), Is.EqualTo(new[] { true, false, true }));
        Assert.That(plans.Sum(segment => segment.Treated + segment.Others), Is.EqualTo(4000));

        var quarters = UpliftSegment.Of(uplift, ["first"], rounds: 50);
        Assert.That(quarters.Select(segment => segment.Treated + segment.Others), Is.EqualTo(new[] { 900, 900, 900, 900, 400 }));
        Assert.That(quarters.Select(segment => segment.Name), Has.Exactly(4).Match("^first \\S+ to \\S+$").And.One.EqualTo("no first"));
        Assert.That(quarters.Take(4).Select(segment => segment.Effect), Is.EqualTo(new[] { 0, 0, 0.3, 0.3 }).Within(0.12));
        Assert.That(() => UpliftSegment.Of(uplift, ["pla"]), Throws.ArgumentException.With.Message.Contains("no column 'pla'"));

        using var scratch = new Scratch();
        UpliftCard.Write(scratch.PathOf("mail.md"), uplift, uplift.Rank(rounds: 50), "mail", "none", plans);
        Assert.That(File.ReadAllText(scratch.PathOf("mail.md")), Does.Match(@"\| plan=gold \| \d+ \| \d+ \| 0\.\d{5} \(0\.\d{5} to 0\.\d{5}\) \| "));
    }

    [Test]
    public void A_segment_without_both_kinds_of_rows_has_no_effect()
    {
        bool[] treated = [.. Enumerable.Range(0, 400).Select(i => i % 3 == 0)];
        var drawn = SyntheticData.Draw(400, 2, 1, SyntheticData.Line);
        var uplift = Uplift.CrossFit(new TrainingSet(["kind"], [.. treated.Select((one, i) => one ? i % 2 : 1f)], drawn.Labels, drawn.Groups, drawn.Times), treated);

        var segments = UpliftSegment.Of(uplift, ["kind"], rounds: 10);
        Assert.That(segments.Select(segment => (segment.Name, segment.Quality is null)), Is.EqualTo(new[] { ("kind=0", true), ("kind=1", false) }));
    }

    [Test]
    public void A_harmful_treatments_curve_is_within_the_picture()
    {
        // Everybody untreated succeeds, nobody treated: the curve falls from 0 to −1.
        var svg = XDocument.Parse(UpliftCard.Picture(Qini.Of([4, 3, 2, 1], [true, false, true, false], [0, 1, 0, 1], rounds: 1, seed: 1))).Root!;

        var line = svg.Descendants().Single(e => e.Attribute("stroke")?.Value == "#777777").Attribute("d")!.Value;
        var heights = line.TrimStart('M').Split('L').Select(p => double.Parse(p.Split(' ')[1], CultureInfo.InvariantCulture)).ToArray();
        Assert.That(heights[1] - heights[0], Is.EqualTo(300 - 36 - 48).Within(0.2), "from the top of the chart to its bottom");
    }

    [Test]
    public void The_model_finds_who_responds_to_a_treatment()
    {
        // The effect rises with the first feature and is negative below −1/3; the second feature affects only the baseline.
        var random = new SeededRandom(5);
        bool[] treated = [.. Enumerable.Range(0, 6000).Select(_ => random.Unit() < 0.4)];
        var row = 0;
        var set = SyntheticData.Draw(6000, 2, 6, x => 0.3 + 0.2 * x[1] + (treated[row++] ? 0.05 + 0.15 * x[0] : 0));

        var uplift = Uplift.CrossFit(set, treated);
        var qini = uplift.Rank();

        Assert.That(MeanScore(x => x > 0), Is.EqualTo(0.125).Within(0.04));
        Assert.That(MeanScore(x => x <= 0), Is.EqualTo(-0.025).Within(0.04));
        // For perfect scores, the best share s gains s·(0.05 + 0.15·(1 − s)), which is 0.15/6 above the diagonal.
        Assert.That(qini.Coefficient, Is.EqualTo(0.025).Within(0.01));
        Assert.That(qini.Low, Is.Positive);

        double MeanScore(Func<float, bool> wanted) => Enumerable.Range(0, set.Count).Where(i => wanted(set.Row(i)[0])).Average(i => uplift.Scores[i]);
    }

    [Test]
    public void Hillstroms_womens_mail_has_varying_uplift_and_the_mens_has_none()
    {
        var log = Hillstrom.Log("visit");
        var mens = Uplift.CrossFit(log, log.ActionOf(Hillstrom.Mens), log.ActionOf(Hillstrom.None)).Rank();
        var womens = Uplift.CrossFit(log, log.ActionOf(Hillstrom.Womens), log.ActionOf(Hillstrom.None)).Rank();

        Print("mens", mens);
        Print("womens", womens);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mens.Uplift, Is.EqualTo(0.0715).Within(0.0005));
            Assert.That(mens.Coefficient, Is.Positive);
            // The men's effect is below the noise of 25,481 rows, as the interval shows.
            Assert.That(mens.Low, Is.Negative);
            Assert.That(mens.High, Is.Positive);
            Assert.That(womens.Low, Is.Positive);
            Assert.That(womens.Q0, Is.GreaterThan(0.2));
        }
    }

    [Test]
    public void A_missing_value_still_yields_a_score_for_every_row()
    {
        bool[] treated = [.. Enumerable.Range(0, 400).Select(i => i % 3 == 0)];
        var uplift = Uplift.CrossFit(SyntheticData.Draw(400, 2, 1, SyntheticData.Line, missing: 0.2), treated);
        Assert.That(uplift.Scores, Has.All.InRange(-1f, 1f));
    }

    [Test]
    public void No_uplift_is_found_with_shuffled_treatments()
    {
        var log = Hillstrom.Log("visit");
        var (womens, none) = (log.ActionOf(Hillstrom.Womens), log.ActionOf(Hillstrom.None));
        int[] rows = [.. Enumerable.Range(0, log.Count).Where(i => log.Chosen[i] == womens || log.Chosen[i] == none)];
        int[] shuffled = [.. rows];
        new SeededRandom(1).Choose(shuffled, shuffled.Length);
        var chosen = (int[])log.Chosen.Clone();
        foreach (var (to, from) in rows.Zip(shuffled))
        {
            chosen[to] = log.Chosen[from];
        }

        var qini = Uplift.CrossFit(new ChoiceLog(log.Features, log.Actions, log.Contexts, chosen, log.Propensities, log.Rewards), womens, none).Rank();

        Print("shuffled", qini);
        Assert.That(qini.Uplift, Is.Zero.Within(0.012));
        Assert.That(qini.Coefficient, Is.Zero.Within(0.003));
        Assert.That(qini.Low, Is.Negative);
        Assert.That(qini.High, Is.Positive);
    }

    [Test]
    public void Incomparable_choices_are_rejected()
    {
        ChoiceLog Log(double propensity, double reward) => new(["f"], ["a", "b"], [1, 2, 3, 4], [0, 1, 0, 1], [0.5, 0.5, propensity, 0.5], [0, 1, reward, 0]);

        Assert.That(() => Uplift.CrossFit(Log(0.4, 1), 0, 1), Throws.ArgumentException.With.Message.Contains("'a' was chosen with propensities from 0.4 to 0.5"));
        Assert.That(() => Uplift.CrossFit(Log(0.5, 2), 0, 1), Throws.ArgumentException.With.Message.Contains("rewards of 0 or 1"));
        Assert.That(() => Qini.Of([1, 2], [true, true], [0, 1], 10, 1), Throws.ArgumentException.With.Message.Contains("treated and untreated"));
    }

    static void Print(string what, Qini qini) =>
        TestContext.Out.WriteLine($"{what}: uplift {qini.Uplift:0.0000}, Qini {qini.Coefficient:0.00000} ({qini.Low:0.00000} to {qini.High:0.00000}), q0 {qini.Q0:0.000}");
}
