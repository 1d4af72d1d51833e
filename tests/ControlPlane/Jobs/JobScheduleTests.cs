using System.Globalization;
using CartRecovery.Engine.ControlPlane.Jobs;

namespace CartRecovery.Tests.ControlPlane.Jobs;

public sealed class JobScheduleTests
{
    // In Amsterdam, 2027-03-28 has no hour from 2 to 3, and 2027-10-31 has it twice.
    [TestCase("0 3 * * *", "UTC", "2027-01-01T03:00:00Z", "2027-01-02T03:00:00Z")]
    [TestCase("*/15 * * * *", "UTC", "2027-01-01T03:01:00Z", "2027-01-01T03:15:00Z")]
    [TestCase("0 9 * * 1", "Europe/Amsterdam", "2027-01-01T00:00:00Z", "2027-01-04T08:00:00Z")]
    [TestCase("30 2 * * *", "Europe/Amsterdam", "2027-03-27T02:00:00Z", "2027-03-28T01:00:00Z")]
    [TestCase("30 2 * * *", "Europe/Amsterdam", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z")]
    [TestCase("30 2 * * *", "Europe/Amsterdam", "2027-10-30T12:00:00Z", "2027-10-31T00:30:00Z")]
    [TestCase("30 2 * * *", "Europe/Amsterdam", "2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z")]
    [TestCase("0 * * * *", "Europe/Amsterdam", "2027-10-31T00:00:00Z", "2027-10-31T01:00:00Z")]
    public void The_next_time_is_in_the_schedules_time_zone(string cron, string zone, string after, string expected)
    {
        Assert.That(JobSchedule.TryParse(cron, zone, out var schedule, out _));
        Assert.That(schedule!.NextAfter(TimeOf(after)), Is.EqualTo(TimeOf(expected)));
    }

    [Test]
    public void The_schedule_off_has_no_next_time()
    {
        Assert.That(JobSchedule.TryParse("off", "UTC", out var schedule, out _));
        Assert.That(schedule!.NextAfter(TimeOf("2027-01-01T00:00:00Z")), Is.Null);
    }

    [TestCase("", "UTC", "expected five cron fields")]
    [TestCase("61 * * * *", "UTC", "expected five cron fields")]
    [TestCase("0 0 3 * * *", "UTC", "expected five cron fields")]
    [TestCase("0 0 30 2 *", "UTC", "never comes")]
    [TestCase("0 3 * * *", "Europe/Nowhere", "unknown time zone 'Europe/Nowhere'")]
    public void An_invalid_schedule_is_reported(string cron, string zone, string expected)
    {
        Assert.That(JobSchedule.TryParse(cron, zone, out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain(expected));
    }

    [Test]
    public void Steps_come_after_those_that_they_depend_on()
    {
        static Task Nothing(JobContext job, CancellationToken stop) => Task.CompletedTask;
        var steps = JobStep.InOrder([new("c", Nothing, "a", "b"), new("b", Nothing, "a"), new("a", Nothing), new("d", Nothing)]);
        Assert.That(steps.Select(step => step.Name), Is.EqualTo(new[] { "a", "b", "c", "d" }));
        Assert.That(() => JobStep.InOrder([new("a", Nothing, "b"), new("b", Nothing, "a")]), Throws.ArgumentException);
        Assert.That(() => JobStep.InOrder([new("a", Nothing, "x")]), Throws.ArgumentException);
        Assert.That(() => JobStep.InOrder([new("a", Nothing), new("a", Nothing)]), Throws.ArgumentException);
        Assert.That(() => JobStep.InOrder([]), Throws.ArgumentException);
    }

    static DateTimeOffset TimeOf(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
