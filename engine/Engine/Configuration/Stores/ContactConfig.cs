using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Stores;

/// <summary>
/// The contact policy: who may be contacted, when and how often, and how results are measured. Applied to every message twice: when it is
/// planned and when it is sent.
/// </summary>
public sealed class ContactConfig
{
    [ConfigKey("Percentage of shoppers in the holdout group, which no campaign contacts. Assigned at random and permanently; the baseline for incremental revenue.",
        Min = "0", Max = "90")]
    public double Holdout { get; set; } = 5;

    [ConfigKey("required: e-mail, SMS and push need the customer's consent. assumed: they need the absence of a refusal; check that your law allows it.")]
    public ConsentRule Consent { get; set; }

    [ConfigKey("Minimum time between a shopper's last activity and the first e-mail, SMS or push of a series. Reminders within the first hour were "
        + "found to lower purchases, reminders after one to three days to raise them.", Max = "30d")]
    public Duration FirstMessage { get; set; } = Duration.FromHours(24);

    [ConfigKey("Frequency caps per customer. A message is deferred until every matching cap has room for it.", Max = "32")]
    public List<CapConfig> Caps { get; set; } =
    [
        new() { Channel = CapConfig.Messages, Max = 3, Per = new Duration(TimeSpan.FromDays(7)) },
        new() { Channel = CapConfig.Sms, Max = 1, Per = Duration.FromHours(48) },
    ];

    [ConfigKey("Hours without e-mail, SMS and push, in the customer's time zone, or in the store's if the customer's is unknown.")]
    public HoursConfig QuietHours { get; set; } = new()
    {
        From = new TimeOfDay(new TimeOnly(21, 0)),
        To = new TimeOfDay(new TimeOnly(8, 0)),
    };

    [ConfigKey("The only hours and days with e-mail, SMS and push, in the store's time zone. Default: no restriction.")]
    public BusinessHoursConfig? BusinessHours { get; set; }

    [ConfigKey("A cart with items is abandoned after this long without an event.", Min = "1s", Max = "30d")]
    public Duration AbandonedAfter { get; set; } = Duration.FromMinutes(30);

    [ConfigKey("An abandoned cart is lost after this long without an event.", Min = "1m", Max = "365d")]
    public Duration LostAfter { get; set; } = new(TimeSpan.FromDays(7));

    [ConfigKey("An order is attributed to the message that the shopper clicked within this time before it.", Max = "90d")]
    public Duration ClickWindow { get; set; } = new(TimeSpan.FromDays(7));

    [ConfigKey("Without a click, an order is attributed to the message that the shopper viewed within this time before it.", Max = "90d")]
    public Duration ViewWindow { get; set; } = Duration.FromHours(24);

    [ConfigKey("How long a shopper's orders count in the comparison with the holdout after a campaign's decision.", Min = "1m", Max = "90d")]
    public Duration OutcomeWindow { get; set; } = new(TimeSpan.FromDays(7));

    [ConfigKey("How long a link back to a cart is valid.", Min = "1m", Max = "365d")]
    public Duration RestoreFor { get; set; } = new(TimeSpan.FromDays(30));

    [ConfigKey("Public address of the engine, for links in messages: https://recover.shop.example. Default: messages have no links.")]
    public string? PublicUrl { get; set; }

    [ConfigKey("Secret that signs links: at least 32 characters, the same on every node. Default: generated at the first start and stored in the data folder.", IsSecret = true)]
    public string? Secret { get; set; }

    [ConfigKey("Addresses that a browser named, such as a guest's at the checkout. Bounds that keep the mailer useless to spammers.")]
    public UnprovenContactConfig Unproven { get; set; } = new();

    [ConfigKey("How long interventions and their results are kept.", Min = "1h", Max = "3650d")]
    public Duration Retention { get; set; } = new(TimeSpan.FromDays(90));

    [ConfigKey("How long addresses, time zones and attributes of customers are kept after they last changed. Default: until the customer is forgotten.", Min = "1h", Max = "3650d")]
    public Duration? AddressRetention { get; set; }

    [ConfigKey("How long records of consents are kept; the latest of each channel stays. Default: until the customer is forgotten.", Min = "1h", Max = "3650d")]
    public Duration? ConsentRetention { get; set; }
}

/// <summary>The meaning of missing consent.</summary>
public enum ConsentRule
{
    /// <summary>Without consent there is no contact.</summary>
    Required,

    /// <summary>Without a refusal contact is allowed.</summary>
    Assumed,
}

/// <summary>A frequency cap.</summary>
public sealed class CapConfig
{
    /// <summary>E-mail, SMS and push combined.</summary>
    internal const string Messages = "messages";

    /// <summary>All channels that use a telephone number.</summary>
    internal const string Sms = "sms";

    [JsonRequired]
    [ConfigKey("What the cap counts: messages (e-mail, SMS and push together), email, sms, push, socket, or the name of a sink.", Example = "messages")]
    public string Channel { get; set; } = "";

    [JsonRequired]
    [ConfigKey("Maximum number of messages.", Min = "1", Max = "1000", Example = "3")]
    public int Max { get; set; }

    [JsonRequired]
    [ConfigKey("Length of the sliding window.", Min = "1m", Max = "365d", Example = "7d")]
    public Duration Per { get; set; }
}

/// <summary>A daily period, which may span midnight. Empty if it ends when it begins.</summary>
public sealed class HoursConfig
{
    [ConfigKey("Start time.")]
    public TimeOfDay From { get; set; }

    [ConfigKey("End time. If it equals the start time, the setting is off.")]
    public TimeOfDay To { get; set; }
}

/// <summary>A period on some days of the week.</summary>
public sealed class BusinessHoursConfig
{
    [ConfigKey("The days of the week. Empty: every day.", Max = "7")]
    public List<Weekday> Days { get; set; } = [];

    [JsonRequired]
    [ConfigKey("Start time.", Example = "\"09:00\"")]
    public TimeOfDay From { get; set; }

    [JsonRequired]
    [ConfigKey("End time.", Example = "\"18:00\"")]
    public TimeOfDay To { get; set; }
}

/// <summary>A day of the week, numbered like <see cref="DayOfWeek"/>.</summary>
public enum Weekday
{
    Sun,
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
}
