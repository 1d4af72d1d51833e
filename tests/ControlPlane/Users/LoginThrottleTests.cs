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
        _time.Advance(TimeSpan.FromMinutes(15));
        throttle.Fail("ada", "a");
        throttle.Succeed("ada", "a");
        Assert.That(throttle.WaitOf("ada", "a"), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void An_address_that_tries_many_accounts_is_delayed_for_all_of_them()
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
    public void Attempts_from_many_addresses_delay_an_account_by_at_most_half_a_minute()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < 500; i++)
        {
            throttle.Fail("ada", string.Create(CultureInfo.InvariantCulture, $"address{i}"));
        }

        Assert.That(throttle.WaitOf("ada", "its own"), Is.EqualTo(TimeSpan.FromSeconds(30)));
    }

    [Test]
    public void A_sign_in_to_one_account_gives_no_guesses_at_others()
    {
        var throttle = new LoginThrottle(_time);
        var guesses = 0;
        for (var round = 0; round < 10; round++)
        {
            for (var i = 0; i < 19 && throttle.WaitOf(Account(guesses), "a") == TimeSpan.Zero; i++)
            {
                throttle.Fail(Account(guesses++), "a");
            }

            throttle.Fail("own", "a");
            throttle.Succeed("own", "a");
        }

        Assert.That(guesses, Is.EqualTo(21));
        Assert.That(throttle.WaitOf("own", "b"), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void A_sign_in_does_not_clear_the_failures_from_other_networks()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < 50; i++)
        {
            throttle.Fail("ada", Account(i));
        }

        throttle.Fail("ada", "own");
        throttle.Succeed("ada", "own");
        Assert.That(throttle.WaitOf("ada", "other"), Is.EqualTo(TimeSpan.Zero), "the attempt itself is taken back");
        throttle.Fail("ada", "other");
        Assert.That(throttle.WaitOf("ada", "another"), Is.EqualTo(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public void Reverted_attempts_do_not_add_up()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < 100; i++)
        {
            throttle.Fail("ada", "a");
            throttle.TakeBack("ada", "a");
        }

        Assert.That(throttle.WaitOf("ada", "a"), Is.EqualTo(TimeSpan.Zero));
    }

    [TestCase("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [TestCase("192.0.2.1", "::ffff:192.0.2.1", true)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [TestCase("192.0.2.1", "192.0.2.2", false)]
    public void An_IPv6_network_counts_as_one_address(string one, string other, bool isOne)
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < 6; i++)
        {
            throttle.Fail("ada", one);
        }

        Assert.That(throttle.WaitOf("ada", other) > TimeSpan.Zero, Is.EqualTo(isOne));
    }

    [Test]
    public void Many_networks_do_not_evict_an_account()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < LoginThrottle.Capacity + 60; i++)
        {
            throttle.Fail(i < 60 ? "ada" : "bob", Account(i));
        }

        Assert.That(throttle.WaitOf("ada", "its own"), Is.EqualTo(TimeSpan.FromSeconds(30)));
        Assert.That(throttle.WaitOf("eve", Account(0)), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void Old_failures_expire()
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

    [Test]
    public void Occasional_failures_in_a_network_cause_no_delay()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < 500; i++)
        {
            Assert.That(throttle.WaitOf("eve", "a"), Is.EqualTo(TimeSpan.Zero), Account(i));
            throttle.Fail(Account(i), "a");
            _time.Advance(TimeSpan.FromMinutes(3));
        }
    }

    [Test]
    public void The_failures_of_an_attack_decay_within_an_hour()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < 10_000; i++)
        {
            throttle.Fail(Account(i), "a");
        }

        Assert.That(throttle.WaitOf("eve", "a"), Is.EqualTo(TimeSpan.FromMinutes(15)));
        _time.Advance(TimeSpan.FromMinutes(40));
        throttle.Fail("eve", "a");
        Assert.That(throttle.WaitOf("eve", "a"), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void A_user_who_signed_in_from_a_network_is_not_delayed_by_others_there()
    {
        var throttle = new LoginThrottle(_time);
        throttle.Fail("ada", "a");
        throttle.Succeed("ada", "a");
        for (var i = 0; i < 30; i++)
        {
            throttle.Fail(Account(i), "a");
        }

        Assert.That((throttle.WaitOf("ada", "a"), throttle.WaitOf("bob", "a") > TimeSpan.Zero), Is.EqualTo((TimeSpan.Zero, true)));
        for (var i = 0; i < 6; i++)
        {
            throttle.Fail("ada", "a");
        }

        Assert.That(throttle.WaitOf("ada", "a"), Is.EqualTo(TimeSpan.FromSeconds(1)), "its own failures count");
    }

    static string Account(int number) => string.Create(CultureInfo.InvariantCulture, $"user{number}");
}
