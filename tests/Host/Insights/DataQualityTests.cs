using CartRecovery.Host.Insights;

namespace CartRecovery.Tests.Hosting.Insights;

public sealed class DataQualityTests
{
    static readonly DateTimeOffset s_now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [TestCase(1.0, 5, false)]
    [TestCase(1.0, 7, true)]
    public void A_store_is_silent_after_the_limit(double sampled, int hours, bool exceeded)
    {
        var check = DataQuality.SilenceOf(sampled, s_now.UtcDateTime.AddHours(-hours), s_now, TimeSpan.FromHours(6))!;
        Assert.That((check.Count, check.Exceeded), Is.EqualTo(((long)hours, exceeded)));
    }

    [TestCase(0.5)]
    [TestCase(0.0)]
    public void A_sample_does_not_tell_that_a_store_is_silent(double sampled) =>
        Assert.That(DataQuality.SilenceOf(sampled, s_now.UtcDateTime.AddHours(-100), s_now, TimeSpan.FromHours(6)), Is.Null);

    [Test]
    public void A_store_that_never_sent_an_event_is_not_silent() => Assert.That(DataQuality.SilenceOf(1, last: null, s_now, TimeSpan.FromHours(6)), Is.Null);
}
