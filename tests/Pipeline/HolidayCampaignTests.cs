using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Stores;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Campaigns that ask whether it is a public holiday in the store's country.</summary>
public sealed class HolidayCampaignTests
{
    static readonly TimeZoneInfo s_amsterdam = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");

    // Christmas Day of 2024, on the store's clock.
    [TestCase("2024-12-24T22:59:00Z", "NL", false)]
    [TestCase("2024-12-24T23:01:00Z", "NL", true)]
    [TestCase("2024-12-26T22:59:00Z", "NL", true, Description = "the second day of Christmas")]
    [TestCase("2024-12-26T23:01:00Z", "NL", false)]
    [TestCase("2024-12-26T12:00:00Z", "FR", false)]
    [TestCase("2024-12-25T12:00:00Z", null, false)]
    public void A_campaign_for_holidays_is_decided_on_holidays(string at, string? country, bool isHoliday)
    {
        var store = new Store(0, "demo", "demo"u8.ToArray(), s_amsterdam, "EUR") { Country = country };
        var campaign = TestStages.OnEvent("closed", "add_to_cart", new ConditionConfig { Feature = "is_holiday", AtLeast = 1 });
        using var run = new StageRun(TestStages.Options([campaign], stores: new StoreTable([store])));
        var moment = DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        run.Play(Add("p1", 5).After(moment - Start));
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(isHoliday ? new[] { "closed" } : []));
    }
}
