using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Decisions;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Simulation;

/// <summary>The campaigns and the contact policy of a simulated world.</summary>
static class SimulatedPolicy
{
    /// <summary>Campaigns that learn the best offer; too slow to run for every seed.</summary>
    public static CampaignSet Learning { get; } = Campaigns(Choice);

    /// <summary>The same campaigns with one offer each.</summary>
    public static CampaignSet Plain { get; } = Campaigns((channel, hours) => Step(channel, hours));

    static CampaignSet Campaigns(Func<string, double, StepConfig> choice) => TestCampaigns.Compile(
        new CampaignConfig
        {
            Name = "left",
            Trigger = new TriggerConfig { Idle = Duration.FromMinutes(30) },
            Reentry = Duration.FromHours(24),
            Steps = [Step("socket"), Step("mail", 2), Step("texts", 24), Step("app", 40)],
        },
        new CampaignConfig
        {
            Name = "checkout",
            Trigger = new TriggerConfig { Idle = Duration.FromMinutes(60) },
            Variants =
            [
                new VariantConfig { Name = "nothing" },
                new VariantConfig { Name = "messages", Weight = 3, Steps = [choice("mail", 0), choice("app", 24), Step("mail", 72)] },
            ],
        });

    static StepConfig Choice(string channel, double hours)
    {
        var step = Step(channel, hours);
        step.Action = null;
        step.Choices = [new ActionConfig { Type = ActionKind.Reminder }, new ActionConfig { Type = ActionKind.Discount, Percent = 10 }];
        return step;
    }

    /// <summary>The policy of a seed with one of its rules disabled.</summary>
    public static ContactConfig WithDisabled(int seed, DisabledRule disabled)
    {
        var contact = Contact(seed);
        switch (disabled)
        {
            case DisabledRule.QuietHours:
                contact.QuietHours = new HoursConfig();
                break;
            case DisabledRule.BusinessHours:
                contact.BusinessHours = null;
                break;
            case DisabledRule.Caps:
                contact.Caps = [];
                break;
            case DisabledRule.Consent:
                contact.Consent = ConsentRule.Assumed;
                break;
            case DisabledRule.FirstMessage:
                contact.FirstMessage = Duration.FromMinutes(1);
                break;
        }

        return contact;
    }

    /// <summary>The contact policy of a seed.</summary>
    public static ContactConfig Contact(int seed) => new()
    {
        Holdout = 20,

        // Long enough to include all revenue caused by messages, which is the true value.
        OutcomeWindow = new Duration(TimeSpan.FromDays(60)),
        FirstMessage = Duration.FromHours(1),
        Caps =
        [
            new CapConfig { Channel = "messages", Max = 2, Per = new Duration(TimeSpan.FromDays(3)) },
            new CapConfig { Channel = "sms", Max = 1, Per = Duration.FromHours(48) },
        ],
        QuietHours = new HoursConfig { From = new TimeOfDay(new TimeOnly(21, 0)), To = new TimeOfDay(new TimeOnly(8, 0)) },
        BusinessHours = seed % 3 != 0 ? null : new BusinessHoursConfig
        {
            Days = [Weekday.Mon, Weekday.Tue, Weekday.Wed, Weekday.Thu, Weekday.Fri, Weekday.Sat],
            From = new TimeOfDay(new TimeOnly(7, 30)),
            To = new TimeOfDay(new TimeOnly(22, 0)),
        },
    };
}

/// <summary>The rule disabled in the engine, to check that the violation is detected.</summary>
public enum DisabledRule
{
    None,
    QuietHours,
    BusinessHours,
    Caps,
    Consent,
    FirstMessage,

    /// <summary>Orders are withheld from the engine.</summary>
    Purchases,

    /// <summary>Addresses from any browser are trusted.</summary>
    Addresses,
}
