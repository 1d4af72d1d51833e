using CartRecovery.Engine.Journeys.Reports;

namespace CartRecovery.Tests.Journeys.Reports;

public sealed class StatisticsTests
{
    // Tabulated upper tails of chi-squared: 3.841 and 10.828 at one degree of freedom, 5.991 at two, 18.307 at ten.
    [TestCase(new long[] { 50, 50 }, 1.0)]
    [TestCase(new long[] { 5098, 4902 }, 0.0500)]
    [TestCase(new long[] { 5164, 4836 }, 0.00104)]
    [TestCase(new long[] { 10, 20, 30 }, 0.006738)]
    [TestCase(new long[] { 60, 40, 50, 50 }, 0.261464)]
    public void Imbalance_has_the_tabulated_p_values(long[] counts, double probability) =>
        Assert.That(SampleRatio.Probability(counts, [.. counts.Select(_ => 2.0)]), Is.EqualTo(probability).Within(probability * 0.005));

    [Test]
    public void Imbalance_is_tested_by_the_configured_weights()
    {
        Assert.That(SampleRatio.Probability([100, 300], [1, 3]), Is.EqualTo(1).Within(1e-9));
        Assert.That(SampleRatio.Probability([100, 300], [1, 1]), Is.LessThan(SampleRatio.Mismatch));
        Assert.That(SampleRatio.Probability([100], [1]), Is.EqualTo(1));
        Assert.That(SampleRatio.Probability([0, 0], [1, 1]), Is.EqualTo(1));
    }

    [Test]
    public void Incremental_revenue_has_Welchs_confidence_bounds()
    {
        // 4, 6, 8 and 10 against 1, 2 and 3: means 7 and 2, variances 20/3 and 1, standard error √(5/3 + 1/3) = √2, degrees of freedom 4 /
        // ((25/9)/3 + (1/9)/2) = 4.0755, t at 97.5% 2.755; times four treated.
        var revenue = IncrementalRevenue.Of(new SpendingGroup(4, 28, 216), new SpendingGroup(3, 6, 14));
        Assert.That(revenue.Revenue, Is.EqualTo(20).Within(1e-9));
        Assert.That(revenue.Low, Is.EqualTo(20 - (4 * 2.755 * Math.Sqrt(2))).Within(0.2));
        Assert.That(revenue.High, Is.EqualTo(20 + (4 * 2.755 * Math.Sqrt(2))).Within(0.2));
        Assert.That(revenue.Confidence, Is.EqualTo(0.95));
    }

    [TestCase(30, 2.0423)]
    [TestCase(10, 2.2281)]
    public void Small_samples_use_Students_t(long freedom, double quantile)
    {
        // Two groups of equal size and variance: Welch's degrees of freedom are twice the size less two.
        var size = (freedom / 2) + 1;
        var group = new SpendingGroup(size, 0, size - 1);
        var revenue = IncrementalRevenue.Of(group, group);
        Assert.That(revenue.High, Is.EqualTo(size * quantile * Math.Sqrt(2.0 / size)).Within(0.001 * size));
    }

    // Treated and held out; each spent 10.
    [TestCase(0, 0, IncrementalRevenue.NoShoppers)]
    [TestCase(0, 5, IncrementalRevenue.NoShoppers)]
    [TestCase(10, 0, IncrementalRevenue.NoHoldout)]
    [TestCase(10, 1, IncrementalRevenue.TooFewShoppers)]
    [TestCase(1, 10, IncrementalRevenue.TooFewShoppers)]
    [TestCase(2, 2, null)]
    public void Without_a_control_there_is_no_estimate_but_a_reason(long treated, long leftAlone, string? reason)
    {
        var revenue = IncrementalRevenue.Of(new SpendingGroup(treated, treated * 10, treated * 100), new SpendingGroup(leftAlone, leftAlone * 10, leftAlone * 100));
        double? number = reason is null ? 0 : null;
        Assert.That((revenue.Reason, revenue.Revenue, revenue.Low, revenue.High), Is.EqualTo((reason, number, number, number)));
    }

    [Test]
    public void Without_variance_the_bounds_are_exact()
    {
        var revenue = IncrementalRevenue.Of(new SpendingGroup(10, 100, 1000), new SpendingGroup(5, 25, 125));
        Assert.That((revenue.Revenue, revenue.Low, revenue.High), Is.EqualTo((50.0, (double?)50, (double?)50)));
    }

    [Test]
    public void A_CSV_table_is_safe_from_formula_injection()
    {
        var table = new ReportTable(["a", "b"]);
        table.Rows.Add(["plain", 5L]);
        table.Rows.Add(["with, comma", 1.5]);
        table.Rows.Add(["with \"quotes\"", null]);
        table.Rows.Add(["two\r\nlines", -3L]);
        foreach (var formula in (string[])["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "  =1"])
        {
            table.Rows.Add([formula, true]);
        }

        table.Rows.Add(["=HYPERLINK(\"x\",1)", null]);
        Assert.That(table.ToCsv(), Is.EqualTo(
            "a,b\r\nplain,5\r\n\"with, comma\",1.5\r\n\"with \"\"quotes\"\"\",\r\n\"two\r\nlines\",-3\r\n'=1+1,true\r\n'+1,true\r\n'-1,true\r\n'@SUM(A1),true\r\n"
            + "'\tx,true\r\n'  =1,true\r\n\"'=HYPERLINK(\"\"x\"\",1)\",\r\n"));
    }
}
