using CartRecovery.Engine.Monitoring.Collection;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Collection;

/// <summary>Deltas that become cumulative values.</summary>
public sealed class DeltaTotalsTests
{
    const long Now = 1_764_000_000_000, Minute = 60_000;

    static readonly SeriesLabels s_hits = SeriesLabels.Of("hits_total", "job", "shop");

    Scratch _folder = null!;
    MetricHistory _history = null!;

    [SetUp]
    public void Open()
    {
        _folder = new Scratch();
        _history = MetricHistory.Open(_folder.PathOf("metrics.db"), time: new ManualTime(Now + (600 * Minute)));
    }

    [TearDown]
    public void Close()
    {
        _history.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Deltas_add_up_and_a_repeated_one_does_not_count_twice()
    {
        var intake = new SampleIntake(_history, new DeltaTotals(_history, 10, TimeSpan.FromHours(1)));
        intake.AddDelta(s_hits, Now, 5);
        intake.AddDelta(s_hits, Now + Minute, 2);
        intake.AddDelta(s_hits, Now + Minute, 2);
        intake.AddDelta(s_hits, Now + (2 * Minute), double.NaN);
        Assert.That((intake.Written, intake.Refused, Latest()), Is.EqualTo((2, 2, 7d)));
        Assert.That(intake.Problem, Does.Contain("is not later than the last one"));
    }

    [Test]
    public void After_a_restart_the_total_goes_on_and_what_was_counted_before_is_not_again()
    {
        Intake().AddDelta(s_hits, Now, 5);
        Intake().AddDelta(s_hits, Now + Minute, 2);
        Assert.That(Latest(), Is.EqualTo(7));
        var again = Intake();
        again.AddDelta(s_hits, Now + Minute, 2);
        Assert.That((again.Refused, Latest()), Is.EqualTo((1, 7d)));

        SampleIntake Intake() => new(_history, new DeltaTotals(_history, 10, TimeSpan.FromHours(1)));
    }

    [Test]
    public void A_delta_that_the_history_refuses_moves_no_total()
    {
        var totals = new DeltaTotals(_history, 2, TimeSpan.FromHours(1));
        var intake = new SampleIntake(_history, totals);
        intake.AddDelta(s_hits, Now + (24 * 60 * Minute), 5);
        intake.AddDelta(SeriesLabels.Of("hits_total", "job", new string('x', 3000)), Now, 5);
        Assert.That((intake.Written, intake.Refused, totals.Count), Is.EqualTo((0, 2, 0)));
        Assert.That(intake.Problem, Does.Contain("too far ahead of the clock"));
        intake.AddDelta(s_hits, Now, 5);
        Assert.That((intake.Written, Latest()), Is.EqualTo((1, 5d)), "after the sender's clock was set right");
    }

    [Test]
    public void Totals_are_bounded_and_those_that_rest_give_way()
    {
        var totals = new DeltaTotals(_history, 2, TimeSpan.FromMinutes(10));
        Assert.That((Add("a", 0), Add("b", 5), totals.Count), Is.EqualTo((default(string), default(string), 2)));
        Assert.That(Add("c", 6), Does.Contain("maxSeries"));
        Assert.That((Add("c", 12), totals.Count), Is.EqualTo((default(string), 2)), "the first one has rested");
        Assert.That(Add("a", 13), Does.Contain("maxSeries"));

        string? Add(string name, long minute) => totals.TryAdd(SeriesLabels.Of(name), Now + (minute * Minute), 1, out _, out var problem) ? null : problem;
    }

    [Test]
    public void Without_totals_deltas_are_refused()
    {
        var intake = new SampleIntake(_history);
        intake.AddDelta(s_hits, Now, 5);
        Assert.That((intake.Refused, intake.Problem), Is.EqualTo((1, """delta of hits_total{job="shop"}: send cumulative values""")));
    }

    double Latest() => _history.Latest([], 0).Single(latest => latest.Labels.Equals(s_hits)).Sample.Value;
}
