using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Journeys;

/// <summary>A journey engine with carts, sinks and a socket in memory, and a manual clock.</summary>
sealed class JourneyFixture : IJourneyPorts, IDisposable
{
    public const long Minute = 60_000, Hour = 60 * Minute, Day = 24 * Hour;

    /// <summary>A Monday at noon.</summary>
    public static readonly long Noon = DateTimeOffset.Parse("2026-06-01T12:00:00Z").ToUnixTimeMilliseconds();

    readonly CampaignSet _campaigns;
    readonly ContactConfig _contact;
    readonly string _path;
    readonly KeyVault? _keys;
    int _events;

    public JourneyFixture(
        IEnumerable<CampaignConfig> campaigns, ContactConfig? contact = null, string path = ":memory:", long? now = null, KeyVault? keys = null)
    {
        (_path, _keys) = (path, keys);
        (_campaigns, _contact) = (TestCampaigns.Compile(campaigns), contact ?? Open());
        Now = now ?? Noon;
        It = new JourneyEngine(path, Options(), this, keys);
    }

    public static StoreTable Stores { get; } = new(
    [
        new Store(0, "shop", "shop"u8.ToArray(), TimeZoneInfo.Utc, "EUR") { Country = "DE" }, new Store(1, "other", "other"u8.ToArray(), TimeZoneInfo.Utc, "EUR"),
    ]);

    public JourneyEngine It { get; private set; }

    public long Now { get; set; }

    /// <summary>The carts by id; a missing one is unknown.</summary>
    public Dictionary<Hash128, CartRecord> Carts { get; } = [];

    /// <summary>The messages sent, in order.</summary>
    public List<Intervention> Sent { get; } = [];

    public HashSet<string> FullSinks { get; } = [];

    public HashSet<string> GoneSinks { get; } = [];

    /// <summary>The stores that the configuration lacks from the next restart on.</summary>
    public HashSet<string> RemovedStores { get; } = [];

    public bool IsSocketOpen { get; set; } = true;

    /// <summary>A policy without restrictions except consent: addresses that browsers name need no confirmation.</summary>
    public static ContactConfig Open() => new()
    {
        Holdout = 0,
        Caps = [],
        QuietHours = new HoursConfig(),
        FirstMessage = new Duration(TimeSpan.Zero),
        Consent = ConsentRule.Required,
        Unproven = new UnprovenContactConfig { OptIn = OptInRule.Never },
    };

    public static CampaignConfig Series(params StepConfig[] steps) => new()
    {
        Name = "left",
        Trigger = new TriggerConfig { Idle = Duration.FromMinutes(30) },
        Steps = [.. steps],
    };

    public static StepConfig Step(string channel, double hours = 0, double? discount = null) => new()
    {
        Channel = channel,
        Wait = new Duration(TimeSpan.FromHours(hours)),
        Message = "{{item_count}} for {{cart_value}} in {{cart_id}}",
        Action = new ActionConfig { Type = discount is null ? ActionKind.Reminder : ActionKind.Discount, Percent = discount },
    };

    public static Hash128 Cart(string id) => Stores.Find("shop")!.Ids.CartOf(Encoding.UTF8.GetBytes(id));

    public static Hash128 Customer(string? user) => user is null ? default : Stores.Find("shop")!.Ids.CustomerOf(Encoding.UTF8.GetBytes(user));

    /// <summary>A cart with items.</summary>
    public void Fill(string cart, long at, string? user = null, int items = 2, Standing standing = Standing.Server)
    {
        var record = new CartRecord
        {
            EventCount = 1,
            LastAt = at,
            Units = 1000 * items,
            Value = items * 25 * Money.PerUnit,
            Currency = CurrencyCode.Parse("EUR"),
            LineCount = 1,
            ConnectionId = 7,
            UserLength = (byte)(user?.Length ?? 0),
            UserStanding = standing,
            Standing = standing,
        };
        record.Lines[0] = new CartLine { Units = 1000 * items, Value = record.Value };
        if (user is not null)
        {
            Encoding.UTF8.GetBytes(user, record.UserText);
        }

        Carts[Cart(cart)] = record;
    }

    /// <summary>The cart's partition decides to start the campaign now.</summary>
    public Decision Decide(string cart, string? user = null, string? id = null, string channel = "socket", string campaign = "left", long connection = 7,
        Standing standing = Standing.Server, BotEvidence bot = BotEvidence.None,
        long ahead = 0, decimal value = 50, string currency = "EUR", string? session = null)
    {
        if (!Carts.ContainsKey(Cart(cart)))
        {
            Fill(cart, Now - (30 * Minute), user, standing: standing);
        }

        var hash = Hash128.Of(Encoding.UTF8.GetBytes(id ?? $"{cart} {Now}"), seed: 0);
        var decision = new Decision(Cart(cart), Now + ahead, connection, new Intervention
        {
            Id = $"iv_{hash.High:x16}{hash.Low:x16}",
            StoreId = "shop",
            CartId = cart,
            UserId = user,
            SessionId = session,
            Campaign = campaign,
            Channel = channel,
            Action = ActionKind.Reminder,
            Message = "",
            Cart = new CartSummary(2, value, currency),
            Reasons = new DecisionReasons("", 0, [], ""),
            DecidedAt = DateTimeOffset.FromUnixTimeMilliseconds(Now),
        })
        {
            Standing = standing,
            UserStanding = standing,
            Bot = bot,
            ReceivedAt = Now,
        };
        It.ApplyDecision(decision, Now);
        return decision;
    }

    /// <summary>An event in a cart.</summary>
    public CustomerEvent Tell(EventType type, string cart, string? user = null, bool verified = true, string meta = "", decimal amount = 0, long? at = null,
        ulong product = 0, ulong network = 0, Standing? standing = null, long receivedAt = 0, string? session = null)
    {
        var customerEvent = new CustomerEvent
        {
            Type = type,
            Id = Hash128.Of(BitConverter.GetBytes(++_events), seed: 9),
            Cart = Cart(cart),
            Customer = Customer(user),
            Store = 0,
            CartId = cart,
            At = at ?? Now,
            ReceivedAt = receivedAt,
            Amount = (long)(amount * Money.PerUnit),
            Standing = standing ?? (verified ? Standing.Server : Standing.Claimed),
            Product = product,
            ProductId = product == 0 ? "" : $"p{product}",
            Network = network,
            Session = session is null ? 0 : Stores.Find("shop")!.Ids.SessionOf(Encoding.UTF8.GetBytes(session)),
            Meta = Encoding.UTF8.GetBytes(meta),
        };
        It.ApplyEvent(customerEvent, Now);
        return customerEvent;
    }

    public void Identify(string cart, string? user, string email, bool verified = true) =>
        Tell(EventType.Identify, cart, user, verified, $$"""{"email":"{{email}}","phone":"+31600000000"}""");

    public void Agree(string cart, string? user, bool granted = true, bool verified = true, string channel = "email", long? until = null) => Tell(
        EventType.Consent, cart, user, verified,
        $$"""{"channel":"{{channel}}","granted":{{(granted ? "true" : "false")}}{{(until is null ? "" : $",\"expiresAt\":{until}")}}}""");

    /// <summary>A customer with consent and an address.</summary>
    public void Know(string cart, string? user, string email)
    {
        Identify(cart, user, email);
        Agree(cart, user);
    }

    /// <summary>Advances time by the minute and runs the engine; sinks deliver immediately.</summary>
    public void Pass(long time)
    {
        for (var until = Now + time; Now < until;)
        {
            Now = Math.Min(until, Now + Minute);
            Work();
        }
    }

    public void Work()
    {
        for (var i = 0; i < 100 && !It.Run(Now); i++)
        {
        }
    }

    /// <summary>Restarts the process.</summary>
    public void Restart()
    {
        It.Dispose();
        It = new JourneyEngine(_path, Options(), this, _keys);
    }

    JourneyOptions Options() => new(
        _contact, _campaigns, new StoreTable(Stores.Select(store => store with { IsRemoved = RemovedStores.Contains(store.Id) })), new byte[32]);

    /// <summary>The step and reason of each intervention not sent, oldest first.</summary>
    public List<(int Step, WithheldReason Reason)> Withheld()
    {
        using var query = new Query(It.Store.Database, "SELECT step, reason FROM intervention WHERE state=3 ORDER BY decided_at, step");
        var found = new List<(int, WithheldReason)>();
        while (query.Rows.Next())
        {
            found.Add((query.Rows.Int(0), (WithheldReason)query.Rows.Int(1)));
        }

        return found;
    }

    public WithheldReason[] Reasons => [.. Withheld().Select(w => w.Reason)];

    public long Count(string sql)
    {
        using var query = new Query(It.Store.Database, sql);
        return query.Rows.Number() ?? 0;
    }

    public DeliveryChannel? Find(string name) => GoneSinks.Contains(name) ? null : TestChannels.Find(name);

    public int FreeCapacityOf(string channel) => FullSinks.Contains(channel) ? 0 : int.MaxValue;

    public bool TrySendToSocket(Intervention intervention, long connectionId)
    {
        if (IsSocketOpen)
        {
            Sent.Add(intervention);
        }

        return IsSocketOpen;
    }

    /// <summary>The carts whose shoppers are waited for, the longest waiting first.</summary>
    public List<Hash128> Awaited { get; } = [];

    public int MaxAwaited { get; set; } = 100;

    /// <summary>The windows of decisions that are free again: the cart, the decision's time and its campaign.</summary>
    public List<(Hash128 Cart, long At, string Campaign)> Released { get; } = [];

    public void ReleaseWindow(in Hash128 cart, long at, string campaign) => Released.Add((cart, at, campaign));

    public Hash128? AwaitShopper(in Hash128 cart, int store)
    {
        if (Awaited.Contains(cart))
        {
            return null;
        }

        Awaited.Add(cart);
        if (Awaited.Count <= MaxAwaited)
        {
            return null;
        }

        var evicted = Awaited[0];
        Awaited.RemoveAt(0);
        return evicted;
    }

    public void ForgetShopper(in Hash128 cart) => Awaited.Remove(cart);

    public bool TryEnqueue(Intervention intervention)
    {
        if (FullSinks.Contains(intervention.Channel))
        {
            return false;
        }

        Sent.Add(intervention);
        return true;
    }

    public void LookUp(IReadOnlyList<DueMessage> messages) => It.AddCarts(
        [.. messages.Select(m => (m, Carts.TryGetValue(m.Cart, out var cart) ? cart : (CartRecord?)null))], Now);

    public void Dispose() => It.Dispose();
}
