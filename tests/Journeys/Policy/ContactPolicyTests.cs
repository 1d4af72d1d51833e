using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Tests.Journeys.Policy;

public sealed class ContactPolicyTests
{
    const long Minute = 60_000, Hour = 60 * Minute, Day = 24 * Hour;

    // A Monday at noon UTC, 14:00 in Amsterdam.
    static readonly long s_noon = At("2026-06-01T12:00:00Z");
    static readonly TimeZoneInfo s_amsterdam = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");

    static readonly ContactFacts s_fine = new()
    {
        IsMessage = true,
        UsefulUntil = s_noon + (3 * Day),
        HasAddress = true,
        Consent = new Consent(true, long.MaxValue),
        IsFirst = true,
        LastActivityAt = s_noon - (2 * Day),
        CustomerZone = s_amsterdam,
        StoreZone = s_amsterdam,
    };

    [Test]
    public void An_unobstructed_message_is_sent() => Assert.That(new ContactPolicy(new ContactConfig()).Check(s_noon, s_fine), Is.EqualTo(PolicyVerdict.Send));

    static IEnumerable<TestCaseData> Refusals =>
    [
        new(s_fine with { HasAddress = false }, WithheldReason.NoAddress),
        new(s_fine with { IsSuppressed = true }, WithheldReason.Suppressed),
        new(s_fine with { Consent = null }, WithheldReason.NoConsent),
        new(s_fine with { Consent = new Consent(false, long.MaxValue) }, WithheldReason.ConsentDenied),
        new(s_fine with { Consent = new Consent(false, s_noon - 1) }, WithheldReason.ConsentDenied),
        new(s_fine with { Consent = new Consent(true, s_noon) }, WithheldReason.ConsentExpired),
        new(s_fine with { UsefulUntil = s_noon - 1 }, WithheldReason.Expired),
        new(s_fine with { HasAddress = false, IsSuppressed = true, Consent = null }, WithheldReason.NoAddress),
        new(s_fine with { Consent = null, CapFreeAt = s_noon + Hour }, WithheldReason.NoConsent),
    ];

    [TestCaseSource(nameof(Refusals))]
    public void A_permanent_obstacle_withholds_immediately(ContactFacts facts, WithheldReason reason) =>
        Assert.That(new ContactPolicy(new ContactConfig()).Check(s_noon, facts), Is.EqualTo(PolicyVerdict.Withhold(reason)));

    [Test]
    public void Missing_consent_counts_as_consent_only_where_assumed()
    {
        var assumed = new ContactPolicy(new ContactConfig { Consent = ConsentRule.Assumed });
        Assert.That(assumed.Check(s_noon, s_fine with { Consent = null }).Action, Is.EqualTo(PolicyAction.Send));
        Assert.That(assumed.Check(s_noon, s_fine with { Consent = new Consent(false, 0) }).Reason, Is.EqualTo(WithheldReason.ConsentDenied));
    }

    static IEnumerable<TestCaseData> Waits =>
    [
        new(s_noon, s_fine with { CapFreeAt = s_noon + Hour }, WithheldReason.FrequencyCap, s_noon + Hour),
        new(s_noon, s_fine with { NotBefore = s_noon + Minute }, WithheldReason.TooSoon, s_noon + Minute),
        new(s_noon, s_fine with { LastActivityAt = s_noon - (22 * Hour) }, WithheldReason.TooSoon, s_noon + (2 * Hour)),
        new(s_noon + (8 * Hour), s_fine, WithheldReason.QuietHours, At("2026-06-02T06:00:00Z")),

        // The cap expires at night, so quiet hours are the longer wait.
        new(s_noon, s_fine with { CapFreeAt = s_noon + (9 * Hour) }, WithheldReason.QuietHours, At("2026-06-02T06:00:00Z")),
        new(s_noon + (8 * Hour), s_fine with { CapFreeAt = s_noon + Day }, WithheldReason.FrequencyCap, s_noon + Day),
    ];

    [TestCaseSource(nameof(Waits))]
    public void A_temporary_obstacle_waits_and_the_longest_wait_is_the_reason(long now, ContactFacts facts, WithheldReason reason, long until)
    {
        var policy = new ContactPolicy(new ContactConfig());
        Assert.That(policy.Check(now, facts), Is.EqualTo(new PolicyVerdict(PolicyAction.Defer, reason, until)));
        Assert.That(policy.Check(now, facts with { UsefulUntil = until }).Action, Is.EqualTo(PolicyAction.Defer));
        Assert.That(policy.Check(now, facts with { UsefulUntil = until - 1 }), Is.EqualTo(PolicyVerdict.Withhold(reason)));
    }

    [Test]
    public void The_first_messages_delay_does_not_apply_to_later_ones() => Assert.That(
        new ContactPolicy(new ContactConfig()).Check(s_noon, s_fine with { LastActivityAt = s_noon - Hour, IsFirst = false }).Action, Is.EqualTo(PolicyAction.Send));

    [Test]
    public void Business_hours_use_the_stores_zone_and_quiet_hours_the_customers()
    {
        var policy = new ContactPolicy(new ContactConfig
        {
            BusinessHours = new BusinessHoursConfig { Days = [Weekday.Mon], From = new TimeOfDay(new TimeOnly(9, 0)), To = new TimeOfDay(new TimeOnly(18, 0)) },
        });
        var facts = s_fine with { CustomerZone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York"), UsefulUntil = s_noon + (30 * Day) };
        Assert.That(policy.Check(s_noon, facts).Action, Is.EqualTo(PolicyAction.Send));
        Assert.That(policy.Check(s_noon - Hour, facts), Is.EqualTo(new PolicyVerdict(PolicyAction.Defer, WithheldReason.QuietHours, s_noon)));
        Assert.That(policy.Check(s_noon + (5 * Hour), facts), Is.EqualTo(
            new PolicyVerdict(PolicyAction.Defer, WithheldReason.QuietHours, s_noon + (7 * Day))), "opens at 9 in Amsterdam, and the customer sleeps until 14");
    }

    [Test]
    public void A_message_on_an_open_stream_is_only_capped()
    {
        var policy = new ContactPolicy(new ContactConfig());
        var facts = new ContactFacts { IsMessage = false, UsefulUntil = s_noon + Day, CustomerZone = s_amsterdam, StoreZone = s_amsterdam };
        Assert.That(policy.Check(s_noon + (10 * Hour), facts).Action, Is.EqualTo(PolicyAction.Send));
        Assert.That(policy.Check(s_noon, facts with { CapFreeAt = s_noon + 1 }).Reason, Is.EqualTo(WithheldReason.FrequencyCap));
    }

    [Test]
    public void A_sent_message_never_violates_a_rule()
    {
        var random = new Random(20260601);
        string[] zones = ["Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Etc/UTC"];
        var seen = new HashSet<(PolicyAction, WithheldReason)>();
        for (var i = 0; i < 20_000; i++)
        {
            var now = At("2026-03-01T00:00:00Z") + random.NextInt64(300 * Day);
            var config = new ContactConfig
            {
                Consent = (ConsentRule)random.Next(2),
                FirstMessage = new Duration(TimeSpan.FromHours(random.Next(30))),
                QuietHours = random.Next(4) == 0 ? new HoursConfig() : new HoursConfig { From = Time(), To = Time() },
                BusinessHours = random.Next(2) == 0 ? null : new BusinessHoursConfig
                {
                    Days = [.. Enum.GetValues<Weekday>().Where(_ => random.Next(2) == 0)],
                    From = new TimeOfDay(new TimeOnly(random.Next(12), 30)),
                    To = new TimeOfDay(new TimeOnly(random.Next(13, 24), 0)),
                },
            };
            var facts = new ContactFacts
            {
                IsMessage = random.Next(8) > 0,
                UsefulUntil = now + random.NextInt64(-Day / 8, 5 * Day),
                HasAddress = random.Next(8) > 0,
                IsSuppressed = random.Next(8) == 0,
                Consent = random.Next(4) == 0 ? null : new Consent(random.Next(8) > 0, now + random.NextInt64(-Day, 8 * Day)),
                IsFirst = random.Next(2) == 0,
                LastActivityAt = now - random.NextInt64(2 * Day),
                NotBefore = now + random.NextInt64(-Day, Day / 4),
                CapFreeAt = random.Next(2) == 0 ? 0 : now + random.NextInt64(-Day, 2 * Day),
                CustomerZone = Zone(),
                StoreZone = Zone(),
            };
            var verdict = new ContactPolicy(config).Check(now, facts);
            seen.Add((verdict.Action, verdict.Reason));
            switch (verdict.Action)
            {
                case PolicyAction.Send:
                    Assert.That(Against(config, facts, now), Is.Null, $"{config.QuietHours?.From} {facts}");
                    break;
                case PolicyAction.Defer:
                    Assert.That(verdict.Until, Is.GreaterThan(now).And.AtMost(facts.UsefulUntil));
                    Assert.That(Against(config, facts, now), Is.Not.Null);
                    Assert.That(Against(config, facts with { Consent = new Consent(true, long.MaxValue) }, verdict.Until), Is.Null);
                    break;
                default:
                    Assert.That(verdict.Reason, Is.Not.EqualTo(WithheldReason.None));
                    break;
            }
        }

        Assert.That(seen.Count, Is.AtLeast(14), "the cases are not diverse enough");

        TimeOfDay Time() => new(new TimeOnly(random.Next(24), random.Next(60)));
        TimeZoneInfo Zone() => TimeZoneInfo.FindSystemTimeZoneById(zones[random.Next(zones.Length)]);
    }

    // The rule a message would violate at this moment; null for none.
    static string? Against(ContactConfig config, ContactFacts facts, long at)
    {
        if (at > facts.UsefulUntil)
        {
            return "use";
        }

        if (at < facts.CapFreeAt)
        {
            return "cap";
        }

        if (!facts.IsMessage)
        {
            return null;
        }

        if (!facts.HasAddress || facts.IsSuppressed)
        {
            return "address";
        }

        if (facts.Consent is { } consent ? !consent.Granted || consent.ExpiresAt <= at : config.Consent == ConsentRule.Required)
        {
            return "consent";
        }

        if (at < facts.NotBefore || (facts.IsFirst && at < facts.LastActivityAt + config.FirstMessage.Value.TotalMilliseconds))
        {
            return "soon";
        }

        var (customer, store) = (Local(at, facts.CustomerZone), Local(at, facts.StoreZone));
        if (config.QuietHours is { } quiet && IsIn(quiet.From, quiet.To, customer))
        {
            return "quiet";
        }

        return config.BusinessHours is { } open && !(IsIn(open.From, open.To, store)
            && (open.Days.Count == 0 || open.Days.Contains((Weekday)store.DayOfWeek))) ? "business" : null;

        static bool IsIn(TimeOfDay from, TimeOfDay to, DateTime local)
        {
            var (a, b, t) = (from.Value.ToTimeSpan(), to.Value.ToTimeSpan(), local.TimeOfDay);
            return a <= b ? t >= a && t < b : t >= a || t < b;
        }
    }

    static DateTime Local(long at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(at), zone).DateTime;

    static long At(string text) => DateTimeOffset.Parse(text).ToUnixTimeMilliseconds();
}
