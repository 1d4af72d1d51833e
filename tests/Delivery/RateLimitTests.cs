using CartRecovery.Engine.Delivery;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Delivery;

sealed class RateLimitTests
{
    readonly FrozenTime _time = new();

    [TestCase(0.5, 1)]
    [TestCase(1, 1)]
    [TestCase(10, 10)]
    public void A_burst_of_one_seconds_worth_is_sent_at_once(double perSecond, int burst)
    {
        var limit = new RateLimit(perSecond, _time);
        Assert.That(limit.Burst, Is.EqualTo(burst));
        Assert.That(limit.TakeAsync(burst, default).IsCompleted);
        for (var i = 1; i <= 3; i++)
        {
            Assert.That(limit.TakeAsync(1, default).IsCompleted, Is.False);
            Assert.That(_time.LastTimer, Is.EqualTo(TimeSpan.FromSeconds(i / perSecond)));
        }
    }

    [Test]
    public void Unused_capacity_accumulates_for_at_most_one_second()
    {
        var limit = new RateLimit(4, _time);
        Assert.That(limit.TakeAsync(4, default).IsCompleted);
        _time.Now += TimeSpan.FromSeconds(0.5);
        Assert.That(limit.TakeAsync(2, default).IsCompleted);
        _time.Now += TimeSpan.FromHours(1);
        Assert.That(limit.TakeAsync(4, default).IsCompleted);
        Assert.That(limit.TakeAsync(1, default).IsCompleted, Is.False);
        Assert.That(_time.LastTimer, Is.EqualTo(TimeSpan.FromSeconds(0.25)));
    }

    [Test]
    public async Task A_rate_limited_sink_bounds_its_rate_and_batch_size()
    {
        using var log = new LogLines();
        var sink = new ScriptedSink();
        var time = new SkippingTime();
        var runner = new SinkRunner("slow", sink.Spec, new("slow", sink.Spec, new Dictionary<string, string>(StringComparer.Ordinal)),
            new SinkRunnerOptions { RateLimit = 20, BatchAge = TimeSpan.Zero, MaxInFlight = 1 }, time, log);
        foreach (var item in Interventions.Many(25))
        {
            runner.TryEnqueue(item);
        }

        runner.Start();
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(sink.Writes.Select(write => write.Length), Is.EqualTo(new[] { 20, 5 }));
        Assert.That(time.Timers.Any(timer => timer > TimeSpan.Zero && timer <= TimeSpan.FromSeconds(0.25)), "five wait for their tokens");
    }

    // A clock that stands still and records its timers.
    sealed class FrozenTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public TimeSpan LastTimer { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            LastTimer = dueTime;
            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
