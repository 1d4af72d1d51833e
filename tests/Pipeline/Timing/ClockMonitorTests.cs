using CartRecovery.Engine.Pipeline.Timing;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Pipeline.Timing;

public sealed class ClockMonitorTests
{
    [Test]
    public void A_process_that_stops_between_its_reads_of_the_clocks_sees_no_jump()
    {
        var time = new StoppingTime();
        var monitor = new ClockMonitor(time);
        monitor.Read();
        time.IsStopping = true;

        Assert.That(monitor.Read(), Is.EqualTo(EventReading.Now + StoppingTime.Stop.TotalMilliseconds));
        monitor.Read();
        Assert.That((monitor.Jumps, monitor.Problem), Is.EqualTo((0L, (string?)null)));
    }

    [Test]
    public void A_clock_that_jumps_is_noticed()
    {
        var time = new StoppingTime();
        var monitor = new ClockMonitor(time);
        monitor.Read();
        time.WallOffset = TimeSpan.FromHours(2);
        monitor.Read();
        Assert.That((monitor.Jumps, monitor.Leaps), Is.EqualTo((1L, 1L)));
        Assert.That(monitor.Problem, Does.Contain("02:00:00"));
    }

    /// <summary>A process that is stopped once, right after it has read the wall clock.</summary>
    sealed class StoppingTime : TimeProvider
    {
        public static readonly TimeSpan Stop = TimeSpan.FromMinutes(20);

        readonly ManualTime _time = new(EventReading.Now);

        public bool IsStopping { get; set; }

        public TimeSpan WallOffset { get; set; }

        public override long TimestampFrequency => _time.TimestampFrequency;

        public override long GetTimestamp() => _time.GetTimestamp();

        public override DateTimeOffset GetUtcNow()
        {
            var now = _time.GetUtcNow() + WallOffset;
            if (IsStopping)
            {
                IsStopping = false;
                _time.Advance(Stop);
            }

            return now;
        }
    }
}
