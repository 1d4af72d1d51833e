using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>Whom the engine may contact, when and how often, and how it measures what came of it. Held against every message twice: when it is
/// planned, and at the moment of sending.</summary>
public sealed class ContactConfig
{
    [ConfigKey("Percent of shoppers that no campaign ever contacts, chosen by chance and for good: what the others' revenue is held against.",
        Min = "0", Max = "90")]
    public double Holdout { get; set; } = 5;

    [ConfigKey("E-mail, SMS and push only go to who said yes (required), or to whoever did not say no (assumed; check what your law says).")]
    public ConsentRule Consent { get; set; }

    [ConfigKey("The first e-mail, SMS or push to a shopper who left comes no sooner than this after the last thing they did. Reminders within "
        + "the first hour were found to lower purchases, such after one to three days to raise them.", Max = "30d")]
    public Duration FirstMessage { get; set; } = Duration.FromHours(24);

    [ConfigKey("How many messages a customer gets at most. All that match a message must have room for it; without room it waits.", Max = "32")]
    public List<CapConfig> Caps { get; set; } =
    [
        new() { Channel = CapConfig.Messages, Max = 3, Per = new Duration(TimeSpan.FromDays(7)) },
        new() { Channel = CapConfig.Sms, Max = 1, Per = Duration.FromHours(48) },
    ];

    [ConfigKey("Hours in which no e-mail, SMS or push goes out, in the customer's time zone, or the store's where that is not known.")]
    public HoursConfig QuietHours { get; set; } = new()
    {
        From = new TimeOfDay(new TimeOnly(21, 0)),
        To = new TimeOfDay(new TimeOnly(8, 0)),
    };

    [ConfigKey("The only hours and days in which e-mail, SMS and push go out, in the store's time zone; without it, any.")]
    public BusinessHoursConfig? BusinessHours { get; set; }

    [ConfigKey("A cart with something in it counts as abandoned after this long without an event.", Min = "1s", Max = "30d")]
    public Duration AbandonedAfter { get; set; } = Duration.FromMinutes(30);

    [ConfigKey("An abandoned cart counts as lost after this long without an event.", Min = "1m", Max = "365d")]
    public Duration LostAfter { get; set; } = new(TimeSpan.FromDays(7));

    [ConfigKey("An order is attributed to the message that the shopper clicked in this time before it, ...", Max = "90d")]
    public Duration ClickWindow { get; set; } = new(TimeSpan.FromDays(7));

    [ConfigKey("... or else to one that was seen in this time before it.", Max = "90d")]
    public Duration ViewWindow { get; set; } = Duration.FromHours(24);

    [ConfigKey("Orders count for the comparison with the holdout for so long after a campaign turned to a shopper.", Min = "1m", Max = "90d")]
    public Duration OutcomeWindow { get; set; } = new(TimeSpan.FromDays(7));

    [ConfigKey("A link back to a cart works for this long.", Min = "1m", Max = "365d")]
    public Duration RestoreFor { get; set; } = new(TimeSpan.FromDays(30));

    [ConfigKey("The engine's address as shoppers reach it, for links in messages: https://recover.shop.example. Without it messages have none.")]
    public string? PublicUrl { get; set; }

    [ConfigKey("What signs links; at least 32 characters, the same on every node. Without it one is made and kept in the data folder.")]
    public string? Secret { get; set; }

    [ConfigKey("What was sent and what came of it is kept for this long.", Min = "1h", Max = "3650d")]
    public Duration Retention { get; set; } = new(TimeSpan.FromDays(90));
}

/// <summary>Whose silence means what.</summary>
public enum ConsentRule
{
    /// <summary>Silence means no.</summary>
    Required,

    /// <summary>Silence means yes.</summary>
    Assumed,
}

/// <summary>At most so many messages in so much time.</summary>
public sealed class CapConfig
{
    /// <summary>E-mail, SMS and push together.</summary>
    internal const string Messages = "messages";

    /// <summary>Whatever goes to a telephone number.</summary>
    internal const string Sms = "sms";

    [JsonRequired]
    [ConfigKey("What counts: messages (e-mail, SMS and push together), email, sms, push, socket, or the name of a sink.", Example = "messages")]
    public string Channel { get; set; } = "";

    [JsonRequired]
    [ConfigKey("How many at most.", Min = "1", Max = "1000", Example = "3")]
    public int Max { get; set; }

    [JsonRequired]
    [ConfigKey("In this time.", Min = "1m", Max = "365d", Example = "7d")]
    public Duration Per { get; set; }
}

/// <summary>A part of each day; it may reach over midnight. One that ends when it begins is none.</summary>
public sealed class HoursConfig
{
    [ConfigKey("When it begins.")]
    public TimeOfDay From { get; set; }

    [ConfigKey("When it ends; the same time for none.")]
    public TimeOfDay To { get; set; }
}

/// <summary>A part of some days of the week.</summary>
public sealed class BusinessHoursConfig
{
    [ConfigKey("The days; without any, all.", Max = "7")]
    public List<Weekday> Days { get; set; } = [];

    [JsonRequired]
    [ConfigKey("When it begins.", Example = "\"09:00\"")]
    public TimeOfDay From { get; set; }

    [JsonRequired]
    [ConfigKey("When it ends.", Example = "\"18:00\"")]
    public TimeOfDay To { get; set; }
}

/// <summary>A day of the week, numbered as <see cref="DayOfWeek"/> does.</summary>
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
