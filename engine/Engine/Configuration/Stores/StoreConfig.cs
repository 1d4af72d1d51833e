using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Engine.Configuration.Stores;

/// <summary>A store's section.</summary>
public sealed class StoreConfig
{
    [JsonRequired]
    [ConfigKey("The store's id in events and in the API: at most 64 bytes, no spaces.", Example = "demo")]
    public string Id { get; set; } = "";

    [ConfigKey("The store's name as shoppers know it: {{ store.name }} in messages. Default: its id.", Example = "Demo Shop")]
    public string? Name { get; set; }

    [ConfigKey("The store's IANA time zone, such as Europe/Amsterdam. Hours and weekdays are in this zone.")]
    public string Timezone { get; set; } = "UTC";

    [ConfigKey("The store's currency: of events that name none, of conditions on amounts and of reports. An ISO 4217 code of three capital letters.")]
    public string Currency { get; set; } = "USD";

    [ConfigKey("The country whose national phone numbers the store sends, as two capital letters (ISO 3166-1): 0151 12340000 is +4915112340000 in DE. "
        + "Without one, only international numbers (+49…) are taken. Public holidays are this country's.", Example = "DE")]
    public string? Country { get; set; }

    [ConfigKey("How amounts are written in messages: a language, or a language and a country, such as de, en-GB or pt-BR.")]
    public string Locale { get; set; } = "en";

    [ConfigKey("The shop's cart page, the target of links in messages: https://shop.example/cart. The engine adds a token for the cart as the query parameter restore.")]
    public string? CartUrl { get; set; }

    [ConfigKey("Additional hosts that a link in a message may point to. The host of cartUrl is always allowed.", Max = "100")]
    public List<string> LinkHosts { get; set; } = [];

    [ConfigKey("The addresses that test messages can be sent to, and no others: e-mail addresses, and telephone numbers like +31612345678.", Max = "32",
        Example = "[marketing@shop.example]")]
    public List<string> Staff { get; set; } = [];

    [ConfigKey("The gross margin: the share of a price that remains after the cost of the goods. A discount is offered only where it is expected to earn more than it costs.",
        Min = "0", Max = "1")]
    public double Margin { get; set; } = 0.4;

    [ConfigKey("public: a browser may change only the carts that its own session began. secret: the ids of carts cannot be guessed (a UUID, not a running number), "
        + "and a browser that knows one may go on with the cart; it can neither replace the cart's address nor get its offers.")]
    public CartIdKind CartIds { get; set; }

    [ConfigKey("apart: carts of bots (crawlers, browsers that a program drives, rhythms that no person keeps) are not contacted, teach nothing and are a line of "
        + "their own in reports. people: they are treated as people, for a store that programs test.")]
    public BotTreatment Bots { get; set; }

    [ConfigKey("The secret with which the shop's server signs user tokens (JSON Web Tokens, HS256): at least 32 characters. With one, a browser's events count as "
        + "the customer's own word. Default: no user tokens.", IsSecret = true, Example = "${USER_TOKEN_SECRET}")]
    public string? UserTokenSecret { get; set; }

    [ConfigKey("Maximum number of open streams with the store's keys. 0: unlimited.", Max = "1000000")]
    public int MaxConnections { get; set; }

    [ConfigKey("Maximum number of events a day, over all keys of the store, in its time zone: received ones, also those that are rejected or repeated. 0: unlimited.", Max = "2000000000")]
    public int EventsPerDay { get; set; }

    [ConfigKey("Maximum number of messages to people (e-mail, SMS, push) a month, in the store's time zone. Further ones are withheld. 0: unlimited.", Max = "2000000000")]
    public int MessagesPerMonth { get; set; }

    [JsonRequired]
    [ConfigKey("The store's API keys.", Min = "1", Max = "100", IsSecret = true,
        Example = "[{ key: sk_demo, kind: secret }]")]
    public List<StoreKeyConfig> Keys { get; set; } = [];
}

/// <summary>Whether strangers can know a store's cart ids.</summary>
public enum CartIdKind
{
    /// <summary>They may.</summary>
    Public,

    /// <summary>They cannot guess them.</summary>
    Secret,
}

/// <summary>How the carts of bots are treated.</summary>
public enum BotTreatment
{
    /// <summary>They are not contacted, and count apart.</summary>
    Apart,

    /// <summary>Like people.</summary>
    People,
}

/// <summary>A key of a store.</summary>
public sealed class StoreKeyConfig
{
    [JsonRequired]
    [ConfigKey("The key: at most 128 printable ASCII characters, no spaces. Keep secret ones out of the file: ${NAME}, { file: PATH }, or their hash, sha256:…, from cartrecovery keys hash.",
        IsSecret = true, Example = "${SHOP_KEY}")]
    public string Key { get; set; } = "";

    [JsonRequired]
    [ConfigKey("publishable: for browsers; sends events and receives the interventions of its own session. secret: for servers; full access to its store.",
        Example = "publishable")]
    public KeyKind Kind { get; set; }

    [ConfigKey("Restricts the key to clients on this machine that call it localhost, 127.0.0.1 or [::1] and come through no proxy.")]
    public bool LoopbackOnly { get; set; }

    [ConfigKey("Maximum number of events a day with the key, in the store's time zone. 0: unlimited.", Max = "2000000000")]
    public int EventsPerDay { get; set; }

    [ConfigKey("Web origins that may use the key: https://shop.example, http://localhost:* for any port, or * for any origin. "
        + "Clients that send no origin, such as servers and apps, are accepted.", Max = "100")]
    public List<OriginPattern> Origins { get; set; } = [];
}
