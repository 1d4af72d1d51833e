using CartRecovery.Bench.Load;
using CartRecovery.Bench.Proof;

namespace CartRecovery.Tests.Bench;

[TestFixture]
public sealed class ProofTests
{
    static readonly Scenario s_frames = new(Scenario.Json, Scenario.WebSocket, 8, 1, Scenario.EveryEvent, [],
        [Contender.Sink, Contender.Plain, Contender.Engine]);

    [Test]
    public void Ratios_are_computed_per_round_before_the_median()
    {
        // In the second round the machine is twice as fast for every contender; medians of the rates alone would give other ratios.
        var rows = ThroughputRun.Rows(s_frames,
        [
            Round(sink: 1_000, plain: 50, engine: 400),
            Round(sink: 2_000, plain: 100, engine: 700),
            Round(sink: 400, plain: 10, engine: 200),
        ]);
        var engine = rows.Single(row => row.Contender == Contender.Engine);

        Assert.That(engine.Rate, Is.EqualTo(400));
        Assert.That(engine.RatioToSink, Is.EqualTo(0.4).Within(1e-9));
        Assert.That(engine.RatioToPlain, Is.EqualTo(8).Within(1e-9));
        Assert.That(engine.RatioToPlainLazyAcks, Is.Null);
        Assert.That(rows.Single(row => row.Contender == Contender.Plain).RatioToSink, Is.EqualTo(0.05).Within(1e-9));
    }

    [TestCase(new double[] { 3, 1, 2 }, 2)]
    [TestCase(new double[] { 4, 1, 2, 3 }, 2.5)]
    [TestCase(new double[] { 7 }, 7)]
    public void The_median_is_the_middle_value(double[] values, double expected) => Assert.That(Median.Of(values), Is.EqualTo(expected));

    [TestCase(500_000, 10, 0.25, true)]
    [TestCase(499_999, 9.99, 0.2499, false)]
    public void A_bound_met_exactly_passes(double rate, double toPlain, double toSink, bool expected)
    {
        var targets = Targets.Of([Row(rate, toPlain, toSink)], null, []);

        Assert.That(Of(targets, "JSON over WebSocket").Passed, Is.EqualTo(expected));
        Assert.That(Of(targets, "plain ASP.NET").Passed, Is.EqualTo(expected));
        Assert.That(Of(targets, "sink").Passed, Is.EqualTo(expected));
    }

    [Test]
    public void The_worst_row_determines_the_result()
    {
        var targets = Targets.Of([Row(900_000, 20, 0.5), Row(100_000, 20, 0.1)], null, []);

        Assert.That(Of(targets, "JSON over WebSocket").Passed, Is.False);
        Assert.That(Of(targets, "JSON over WebSocket").Measured, Is.EqualTo("900,000; 100,000 events/s"));
        Assert.That(Of(targets, "plain ASP.NET").Passed, Is.True);
        Assert.That(Of(targets, "sink").Passed, Is.False);
    }

    [Test]
    public void A_rate_with_losses_does_not_count()
    {
        var targets = Targets.Of([Row(900_000, 20, 0.5) with { Accounted = false }], null, []);

        Assert.That(Of(targets, "JSON over WebSocket").Passed, Is.False);
        Assert.That(Of(targets, "JSON over WebSocket").Measured, Does.Contain("events lost"));
    }

    [Test]
    public void Runs_without_durability_or_scoring_meet_no_target()
    {
        var targets = Targets.Of(
            [Row(900_000, 20, 0.5) with { Contender = Contender.EngineInMemory }, Row(900_000, 20, 0.5) with { Scoring = "changed carts" }], null, []);

        Assert.That(Of(targets, "JSON over WebSocket").Passed, Is.Null);
    }

    [Test]
    public void An_unmeasured_target_is_neither_met_nor_missed() =>
        Assert.That(Targets.Of([], null, []), Has.All.Matches<TargetResult>(target => target is { Measured: null, Passed: null }));

    [TestCase(4.99, 19.9, 9.99, 19.9, true)]
    [TestCase(5, 20, 10, 20, false)]
    public void Latencies_must_be_below_their_bounds(double p99, double p999, double popup, double cpu, bool expected)
    {
        var targets = Targets.Of([], Latency(p99, p999, popup, cpu), []).Where(target => target.Name.StartsWith("At 50,000", StringComparison.Ordinal)).ToArray();

        Assert.That(targets, Has.Length.EqualTo(4).And.All.Matches<TargetResult>(target => target!.Passed == expected));
    }

    [Test]
    public void A_missing_popup_or_an_unsustained_rate_misses_the_target()
    {
        Assert.That(Of(Targets.Of([], Latency(1, 1, 1, 1) with { PopupsMissing = 1 }, []), "popup").Passed, Is.False);
        Assert.That(Of(Targets.Of([], Latency(1, 1, 1, 1) with { Held = false }, []), "p99.9").Passed, Is.False);
    }

    [Test]
    public void Timer_lines_and_BenchmarkDotNet_reports_are_joined_by_name()
    {
        var timer = StagesRun.OfTimer("# native, .NET 10.0\nScore.Score(64)\t950.5\t900\t1000\n// a remark\nFold.Fold\t15.00\t14\t16\n");
        var detail = StagesRun.OfBenchmarkDotNet("""
            {"Benchmarks":[
              {"Type":"ScoreBenchmarks","Method":"Score","Parameters":"Rows=64","Statistics":{"Median":64000.0},"Memory":{"BytesAllocatedPerOperation":128}},
              {"Type":"FoldBenchmarks","Method":"Fold","Parameters":"","Statistics":{"Median":16.5},"Memory":{"BytesAllocatedPerOperation":0}},
              {"Type":"FoldBenchmarks","Method":"Broken","Parameters":"","Statistics":null}]}
            """);

        Assert.That(StagesRun.Rows(timer, timer, detail), Is.EqualTo(new[]
        {
            new StageRow("Score.Score(64)", 950.5, 950.5, 1000, 2),
            new StageRow("Fold.Fold", 15, 15, 16.5, 0),
        }));
    }

    [Test]
    public void The_page_lists_missed_targets_and_the_machine()
    {
        var rows = ThroughputRun.Rows(s_frames, [Round(sink: 1_000_000, plain: 50_000, engine: 400_000)]);
        var page = ProofMarkdown.Of(new ProofReport
        {
            Quick = true,
            Machine = new Machine("A Processor", 2, true, 8L << 30, "Linux", ".NET", "abc1234", DateTimeOffset.UnixEpoch, 0.05),
            Throughput = rows,
            Latency = Latency(1, 2, 3, 4),
            Carts = [new CartsRow(10_000, 1 << 20, 1 << 30, 1, 300_000, 3, 1 << 29, true)],
            Stages = [new StageRow("Fold.Fold", 15, 16, null, null)],
            Targets = Targets.Of(rows, Latency(1, 2, 3, 4), []),
            Failures = ["something broke"],
        });

        Assert.That(page, Does.Contain("| JSON over WebSocket, one event a frame, 8-64 connections, durable | at least 500,000 events/s | 400,000 events/s | **miss** |"));
        Assert.That(page, Does.Contain("| at least 25% | 40% | pass |"));
        Assert.That(page, Does.Contain("| 400,000 | 40% | 8.0 |"));
        Assert.That(page, Does.Contain("A Processor, 2 cores of a virtual machine, 8 GB").And.Contain("abc1234"));
        Assert.That(page, Does.Contain("the numbers are not meaningful").And.Contain("something broke"));
    }

    [Test]
    public void Every_scenario_can_be_loaded()
    {
        Assert.That(Scenario.All, Has.All.Matches<Scenario>(scenario => scenario!.Contenders.Contains(Contender.Sink) && scenario.Contenders.Contains(Contender.Engine)));
        Assert.That(Scenario.All.SelectMany(scenario => scenario.Options(new NoServer(), 2).Problems()), Is.Empty);
    }

    static TargetResult Of(IReadOnlyList<TargetResult> targets, string part) => targets.Single(target => target.Name.Contains(part, StringComparison.Ordinal));

    static Dictionary<Contender, Round> Round(double sink, double plain, double engine) => new()
    {
        [Contender.Sink] = new Round(sink, 1, 50, true),
        [Contender.Plain] = new Round(plain, 1, 50, true),
        [Contender.Engine] = new Round(engine, 1, 50, true),
    };

    static ThroughputRow Row(double rate, double toPlain, double toSink) => new()
    {
        Contender = Contender.Engine,
        Format = Scenario.Json,
        Transport = Scenario.WebSocket,
        Connections = 8,
        PerMessage = 1,
        Scoring = Scenario.EveryEvent,
        Rate = rate,
        CpuMicroseconds = 1,
        GeneratorCpuPercent = 50,
        RatioToSink = toSink,
        RatioToPlain = toPlain,
        RatioToPlainLazyAcks = null,
        Accounted = true,
        Rounds = [],
    };

    static LatencyResult Latency(double p99, double p999, double popup, double cpu) => new(50_000, new Quantiles(1, 1, p99, p999, null),
        new Quantiles(1, 1, 1, 1, 1), new Quantiles(1, 1, popup, 50, 50), new Quantiles(0, 0, 1, 1, 1), 100, 0, cpu, Held: true);

    sealed class NoServer : Server
    {
        public override string Url => "ws://127.0.0.1:1/v1/stream";

        public override string Metrics => "none";

        public override TimeSpan Cpu => default;

        public override void Dispose()
        {
        }
    }
}
