using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>A shop.</summary>
public sealed class StoreConfig
{
    [JsonRequired]
    [ConfigKey("The shop's name in events and in the API: at most 64 bytes, no spaces.", Example = "demo")]
    public string Id { get; set; } = "";

    [ConfigKey("The IANA time zone that hours and weekdays are counted in, like Europe/Amsterdam.")]
    public string Timezone { get; set; } = "UTC";

    [ConfigKey("The ISO 4217 code of events that name no currency: three capital letters.")]
    public string Currency { get; set; } = "USD";

    [ConfigKey("The shop's page that shows a cart, where links in messages lead: https://shop.example/cart. The engine adds the cart's token as 'restore'.")]
    public string? CartUrl { get; set; }

    [ConfigKey("Hosts beside that of cartUrl that a link in a message may lead to.", Max = "100")]
    public List<string> LinkHosts { get; set; } = [];

    [ConfigKey("What is left of a price when the goods are paid for, 0 to 1: a discount is only offered where it is expected to earn more than it costs.",
        Min = "0", Max = "1")]
    public double Margin { get; set; } = 0.4;

    [ConfigKey("Streams that may be open with the shop's keys at one time; 0 is any number.", Max = "1000000")]
    public int MaxConnections { get; set; }

    [JsonRequired]
    [ConfigKey("What clients prove with that they may speak for the shop.", Min = "1", Max = "100",
        Example = "[{ key: sk_demo, kind: secret }]")]
    public List<StoreKeyConfig> Keys { get; set; } = [];
}

/// <summary>A key of a shop.</summary>
public sealed class StoreKeyConfig
{
    [JsonRequired]
    [ConfigKey("The key: at most 128 printable ASCII characters, no spaces. Keep secret ones in the environment: ${NAME}.",
        Example = "${SHOP_KEY}")]
    public string Key { get; set; } = "";

    [JsonRequired]
    [ConfigKey("publishable: for browsers, sends events and receives its own session's interventions. secret: for servers, may do everything.",
        Example = "publishable")]
    public KeyKind Kind { get; set; }

    [ConfigKey("The key works from this machine alone.")]
    public bool LoopbackOnly { get; set; }

    [ConfigKey("The web origins whose pages may use the key: https://shop.example, http://localhost:* for any port, or * for all. "
        + "Clients other than browsers send no origin and are let in.", Max = "100")]
    public List<OriginPattern> Origins { get; set; } = [];
}

/// <summary>What a key is for.</summary>
public enum KeyKind
{
    /// <summary>For browsers: anyone can read it in the shop's pages.</summary>
    Publishable,

    /// <summary>For the shop's servers.</summary>
    Secret,
}
