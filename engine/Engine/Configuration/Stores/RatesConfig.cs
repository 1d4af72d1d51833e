using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Stores;

/// <summary>The rates of requests and events: token buckets per address, key and store.</summary>
public sealed class RatesConfig
{
    [ConfigKey("Whether the rates per address also apply to clients on this machine. Off by default: they are local programs, or all clients of a local proxy.")]
    public bool Loopback { get; set; }

    [ConfigKey("HTTP requests and opened streams, by the group of their route.")]
    public RequestRatesConfig Requests { get; set; } = new();

    [ConfigKey("Events of publishable keys, over streams and HTTP.")]
    public BrowserEventRatesConfig Browser { get; set; } = new();

    [ConfigKey("Events of secret keys, over streams and HTTP.")]
    public ServerEventRatesConfig Server { get; set; } = new();
}

/// <summary>The rates of requests by group.</summary>
public sealed class RequestRatesConfig
{
    [ConfigKey("Events and streams with a publishable key, and what is sent there without a valid key.")]
    public BrowserRequestRates Browser { get; set; } = new();

    [ConfigKey("Events and streams with a secret key.")]
    public ScopedRatesConfig Server { get; set; } = new();

    [ConfigKey("Everything else that needs a key: carts, reports, dead letters.")]
    public ApiRequestRates Api { get; set; } = new();

    [ConfigKey("What needs no key: links in messages, the storefront client, the documentation, unknown paths.")]
    public PublicRequestRates Public { get; set; } = new();

    [ConfigKey("/health, /live, /ready and /metrics.")]
    public OperationsRequestRates Operations { get; set; } = new();
}

/// <summary>The rates of browsers' events, and of their bytes.</summary>
public sealed class BrowserEventRatesConfig
{
    [ConfigKey("Events a second.")]
    public BrowserEventRates Events { get; set; } = new();

    [ConfigKey("Bytes a second.")]
    public BrowserByteRates Bytes { get; set; } = new();
}

/// <summary>The rates of servers' events, and of their bytes.</summary>
public sealed class ServerEventRatesConfig
{
    [ConfigKey("Events a second.")]
    public ScopedRatesConfig Events { get; set; } = new();

    [ConfigKey("Bytes a second.")]
    public ScopedRatesConfig Bytes { get; set; } = new();
}

/// <summary>Rates per address, key and store. All of them apply. Unlimited unless a subclass, which has defaults of its own, says otherwise.</summary>
public class ScopedRatesConfig
{
    [ConfigKey("The rate of one address; an IPv6 /64 is one address.")]
    public TokenRate Address { get; set; }

    [ConfigKey("The rate of one key, over all addresses.")]
    public TokenRate Key { get; set; }

    [ConfigKey("The rate of one store, over all its keys.")]
    public TokenRate Store { get; set; }
}

/// <summary>A rate per address.</summary>
public class AddressRateConfig
{
    [ConfigKey("The rate of one address; an IPv6 /64 is one address.")]
    public TokenRate Address { get; set; }
}

/// <summary>The default rates of browsers' requests: room for the many shoppers behind one address of a mobile network.</summary>
public sealed class BrowserRequestRates : ScopedRatesConfig
{
    /// <summary>Sets the defaults.</summary>
    public BrowserRequestRates() => (Address, Key, Store) = (new(100, 1_000), new(2_000, 10_000), new(4_000, 20_000));
}

/// <summary>The default rates of the API.</summary>
public sealed class ApiRequestRates : ScopedRatesConfig
{
    /// <summary>Sets the defaults.</summary>
    public ApiRequestRates() => (Address, Key, Store) = (new(2_000, 10_000), new(2_000, 10_000), new(4_000, 20_000));
}

/// <summary>The default rate of requests without a key.</summary>
public sealed class PublicRequestRates : AddressRateConfig
{
    /// <summary>Sets the default.</summary>
    public PublicRequestRates() => Address = new(100, 1_000);
}

/// <summary>The default rate of probes and scrapes.</summary>
public sealed class OperationsRequestRates : AddressRateConfig
{
    /// <summary>Sets the default.</summary>
    public OperationsRequestRates() => Address = new(20, 200);
}

/// <summary>The default rates of browsers' events.</summary>
public sealed class BrowserEventRates : ScopedRatesConfig
{
    /// <summary>Sets the defaults.</summary>
    public BrowserEventRates() => (Address, Key, Store) = (new(500, 5_000), new(20_000, 100_000), new(40_000, 200_000));
}

/// <summary>The default rates of browsers' bytes.</summary>
public sealed class BrowserByteRates : ScopedRatesConfig
{
    /// <summary>Sets the defaults.</summary>
    public BrowserByteRates() => (Address, Key, Store) = (new(1 << 20, 8 << 20), new(20 << 20, 64 << 20), new(40 << 20, 128 << 20));
}
