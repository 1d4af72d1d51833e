using System.Globalization;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Users;

public sealed class LoginThrottleTests
{
    readonly ManualTime _time = new(1_800_000_000_000);

    [Test]
    public void Waits_double_after_the_fifth_failure_and_end_with_success()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < 5; i++)
        {
            throttle.Fail("ada", "a");
        }

        Assert.That(throttle.WaitOf("ada", "a"), Is.EqualTo(TimeSpan.Zero));
        throttle.Fail("ada", "a");
        Assert.That(throttle.WaitOf("ada", "a"), Is.EqualTo(TimeSpan.FromSeconds(1)));
        throttle.Fail("ada", "a");
        Assert.That(throttle.WaitOf("ada", "a"), Is.EqualTo(TimeSpan.FromSeconds(2)));
        Assert.That(throttle.WaitOf("ada", "b"), Is.EqualTo(TimeSpan.Zero), "from elsewhere");
        Assert.That(throttle.WaitOf("bob", "a"), Is.EqualTo(TimeSpan.Zero), "another account");
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(throttle.WaitOf("ada", "a"), Is.EqualTo(TimeSpan.Zero));
        for (var i = 0; i < 30; i++)
        {
            throttle.Fail("ada", "a");
        }

        Assert.That(throttle.WaitOf("ada", "a"), Is.EqualTo(TimeSpan.FromMinutes(15)), "the longest");
        throttle.Succeed("ada", "a");
        Assert.That(throttle.WaitOf("ada", "a"), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void An_address_that_tries_many_accounts_waits_for_all_of_them()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < 25; i++)
        {
            throttle.Fail(string.Create(CultureInfo.InvariantCulture, $"user{i}"), "a");
        }

        Assert.That(throttle.WaitOf("new", "a"), Is.GreaterThan(TimeSpan.Zero));
        Assert.That(throttle.WaitOf("new", "b"), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void An_account_that_many_addresses_try_waits_for_half_a_minute_at_most()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < 500; i++)
        {
            throttle.Fail("ada", string.Create(CultureInfo.InvariantCulture, $"address{i}"));
        }

        Assert.That(throttle.WaitOf("ada", "its own"), Is.EqualTo(TimeSpan.FromSeconds(30)));
    }

    [Test]
    public void Old_failures_are_forgotten()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < 5; i++)
        {
            throttle.Fail("ada", "a");
        }

        _time.Advance(TimeSpan.FromHours(2));
        throttle.Fail("ada", "a");
        Assert.That(throttle.WaitOf("ada", "a"), Is.EqualTo(TimeSpan.Zero));
    }
}
