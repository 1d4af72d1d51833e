using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Simulation;

/// <summary>
/// Runs a journey engine in a simulated world, in virtual time, and checks each message it sends with <see cref="ContactReference"/>.
/// </summary>
sealed class ShopSimulation : IJourneyPorts, IWorldListener, IDisposable
{
    // Everything has ended by then: three weeks of visits and the longest delay of a series.
    const long Longest = 60 * Day;

    const int MostFaults = 20;

    readonly string _path;
    readonly SimulatedWorld _world;
    readonly JourneyEngine _desk;
    readonly ContactReference _reference;
    readonly ContactConfig _contact;
    readonly Statement _nextDue;
    readonly Random _random;
    readonly IReadOnlyList<Store> _stores;
    readonly int _seed, _shoppers;
    readonly DisabledRule _disabled;
    readonly Dictionary<string, SimulatedCart> _ids = [];
    int _facts;

    public ShopSimulation(int seed, int shoppers, IReadOnlyList<Store> stores, string path, DisabledRule disabled = DisabledRule.None)
    {
        _disabled = disabled;
        (_path, _seed, _shoppers, _stores, _random) = (path, seed, shoppers, stores, new Random(seed));
        _contact = SimulatedPolicy.Contact(seed);
        _reference = new ContactReference(_contact);
        var campaigns = stores.Count > 1 ? SimulatedPolicy.Learning : SimulatedPolicy.Plain;
        var options = new JourneyOptions(SimulatedPolicy.WithDisabled(seed, disabled), campaigns, new StoreTable(SimulatedWorld.Stores), new byte[32]);
        _desk = new JourneyEngine(path, options, this);
        _nextDue = _desk.Store.Database.Prepare("SELECT min(due_at) FROM intervention WHERE state=0 AND channel=?1");
        _world = new SimulatedWorld(seed, shoppers, stores, this);
    }

    /// <summary>The rules violated.</summary>
    public List<string> Faults { get; } = [];

    public long Decisions { get; private set; }

    public Dictionary<string, long> Sent { get; } = [];

    public Dictionary<string, long> Withheld { get; } = [];

    /// <summary>The incremental revenue reported by the engine, and the actual one, by store.</summary>
    public List<(string Store, IncrementalRevenue Reported, double True)> Revenue { get; } = [];

    public void Run()
    {
        _desk.Begin();
        for (long steps = 0, end = SimulatedWorld.Start + Longest; ; steps++)
        {
            var (next, due) = (_world.Next, NextDue());
            if (Math.Min(next, due) > end || Faults.Count >= MostFaults)
            {
                break;
            }

            if (due < next)
            {
                // Due messages are sent before the world's next event.
                _world.At(Math.Max(due, _world.Now), Work);
            }

            _world.Step();
            if (steps % 4096 == 4095)
            {
                _desk.Commit();
                _desk.Begin();
            }
        }

        _desk.Commit();
        Check();
    }

    long NextDue()
    {
        var next = long.MaxValue;
        foreach (var channel in _desk.Store.Messages.Channels)
        {
            var due = _nextDue.With(channel).Number() ?? long.MaxValue;
            next = Math.Min(next, FreeCapacityOf(channel) > 0 ? due : Math.Max(due, ((_world.Now / Minute) + 1) * Minute));
        }

        return next;
    }

    void Work()
    {
        for (var i = 0; i < 1000 && !_desk.Run(_world.Now); i++)
        {
        }
    }

    // Every intervention has ended, and the engine's report matches the outcome.
    void Check()
    {
        var database = _desk.Store.Database;
        Expect("SELECT count(*) FROM intervention WHERE state<2", "interventions have not ended");
        Expect("SELECT count(*) FROM intervention WHERE state=3 AND reason=0", "were withheld without a reason");
        Expect("SELECT count(*) FROM intervention WHERE state=2 AND (reason<>0 OR sent_at IS NULL OR sent_at>useful_until)", "were sent with a reason, or too late");
        Expect("SELECT count(*) FROM intervention i JOIN journey j ON j.id=i.journey WHERE j.holdout=1 AND i.state=2", "were sent to the holdout");
        Expect("SELECT count(*) FROM (SELECT subject, campaign FROM journey WHERE holdout=0 GROUP BY subject, campaign HAVING count(DISTINCT variant)>1)",
            "shoppers changed variants");
        using (var rows = new Query(database, "SELECT reason, count(*) FROM intervention WHERE state=3 GROUP BY reason"))
        {
            while (rows.Rows.Next())
            {
                Withheld[WithheldReasons.NameOf((WithheldReason)rows.Rows.Int(0))] = rows.Rows.Long(1);
            }
        }

        if (Count("SELECT count(*) FROM intervention WHERE state=2") != Sent.Values.Sum())
        {
            Faults.Add("the engine's message count differs from the messages sent");
        }

        foreach (var id in _ids.Keys.Where(id => _desk.Store.Messages.Find(id) is null))
        {
            Faults.Add($"the decision {id} is lost");
        }

        var without = new SimulatedWorld(_seed, _shoppers, _stores, listener: null);
        while (without.Next != long.MaxValue)
        {
            without.Step();
        }

        using var reports = new JourneyReports(_path);
        foreach (var store in _stores)
        {
            Revenue.Add((store.Id, reports.Revenue(store.Id, store.Currency, 0, long.MaxValue).Incremental,
                (double)(_world.Revenue[store.Id] - without.Revenue[store.Id])));
        }

        void Expect(string sql, string fault)
        {
            if (Count(sql) is > 0 and var count)
            {
                Faults.Add($"{count} {fault}");
            }
        }

        long Count(string sql)
        {
            using var rows = new Query(database, sql);
            return rows.Rows.Number() ?? 0;
        }
    }

    public void Tell(EventType type, Visit visit, long at, bool verified, string meta = "", decimal amount = 0, SimulatedCart? cart = null)
    {
        if (_disabled == DisabledRule.Purchases && type == EventType.Purchase)
        {
            return;
        }

        verified |= _disabled == DisabledRule.Addresses && type == EventType.Identify;
        cart ??= visit.Cart;
        _desk.ApplyEvent(new CustomerEvent
        {
            Type = type,
            Id = Hash128.Of(BitConverter.GetBytes(++_facts), seed: 11),
            Cart = cart.Key,
            Customer = visit.Customer,
            Store = cart.Store.Number,
            CartId = cart.Id,
            At = at,
            Amount = (long)(amount * Money.PerUnit),
            Standing = verified ? Standing.Server : Standing.Claimed,
            Meta = Encoding.UTF8.GetBytes(meta),
        }, at);
    }

    public void Decide(Visit visit, long at)
    {
        var cart = visit.Cart;
        var hash = Hash128.Of(Encoding.UTF8.GetBytes($"{cart.Store.Id} {cart.Id} {at}"), seed: 0);
        var decision = new Decision(cart.Key, at, visit.HasStream ? 1 : 0, new Intervention
        {
            Id = $"iv_{hash.High:x16}{hash.Low:x16}",
            StoreId = cart.Store.Id,
            CartId = cart.Id,
            UserId = cart.User,
            Campaign = visit.Campaign,
            Channel = visit.Campaign == "left" ? "socket" : "mail",
            Action = ActionKind.Reminder,
            Message = "",
            Cart = new CartSummary(cart.Items, cart.Value, "EUR"),
            Reasons = new DecisionReasons("", 0, [], ""),
            DecidedAt = DateTimeOffset.FromUnixTimeMilliseconds(at),
        })
        {
            Standing = Standing.Server,
            UserStanding = Standing.Server,
        };
        Decisions++;
        _ids[decision.Intervention.Id] = cart;
        _desk.ApplyDecision(decision, at);

        // A replayed journal repeats the decision.
        if (_random.Next(20) == 0)
        {
            _world.At(at + (5 * Minute), () => _desk.ApplyDecision(decision, _world.Now));
        }
    }

    public DeliveryChannel? Find(string name) => TestChannels.Find(name);

    // For one minute an hour no sink has room.
    public int FreeCapacityOf(string channel) => channel != "socket" && _world.Now / Minute % 60 == 7 ? 0 : int.MaxValue;

    public bool TrySendToSocket(Intervention intervention, long connectionId)
    {
        var cart = Note(intervention, AddressKind.None);
        _world.Reach(cart, intervention.Id, AddressKind.None);
        return true;
    }

    public bool TryEnqueue(Intervention intervention)
    {
        if (FreeCapacityOf(intervention.Channel) == 0)
        {
            return false;
        }

        var kind = Find(intervention.Channel)!.Address;
        var cart = Note(intervention, kind);
        var shopper = cart.Visit!.Shopper;
        shopper.Received.Add((_world.Now, kind, intervention.Id));
        var reason = _random.Next(60) switch { 0 => WithheldReason.Failed, 1 => WithheldReason.Rejected, 2 => WithheldReason.Bounced, _ => WithheldReason.None };
        _world.At(_world.Now + 900, () =>
        {
            _desk.RecordOutcome(intervention, reason, null, _world.Now);
            if (reason == WithheldReason.None)
            {
                _world.Reach(cart, intervention.Id, kind);
                return;
            }

            Sent[intervention.Channel]--;
            shopper.Received.RemoveAll(r => r.Id == intervention.Id);
            if (reason == WithheldReason.Bounced)
            {
                shopper.Refused.Add(kind);
            }
        });
        return true;
    }

    public void LookUp(IReadOnlyList<DueMessage> messages) => _desk.AddCarts([.. messages.Select(m => (m, (CartRecord?)RecordOf(_world.Carts[m.Cart])))], _world.Now);

    public void Dispose() => _desk.Dispose();

    SimulatedCart Note(Intervention message, AddressKind kind)
    {
        var cart = _world.Carts[SimulatedWorld.Stores.First(store => store.Id == message.StoreId).Ids.CartOf(Encoding.UTF8.GetBytes(message.CartId))];
        Sent[message.Channel] = Sent.GetValueOrDefault(message.Channel) + 1;
        if (_reference.Fault(message, cart, kind, _world.Now) is { } fault)
        {
            Faults.Add($"step {message.Step} of {message.Campaign} to {message.Channel} for {message.CartId} at {DateTimeOffset.FromUnixTimeMilliseconds(_world.Now):u} {fault}");
        }

        return cart;
    }

    static CartRecord RecordOf(SimulatedCart cart)
    {
        var record = new CartRecord
        {
            EventCount = 1,
            LastAt = cart.LastAt,
            PurchasedAt = cart.PurchasedAt,
            Units = 1000 * cart.Items,
            Value = (long)(cart.Value * Money.PerUnit),
            Currency = CurrencyCode.Parse("EUR"),
            Store = (ushort)cart.Store.Number,
            LineCount = 1,
            UserLength = (byte)(cart.User?.Length ?? 0),
        };
        record.Lines[0] = new CartLine { Units = 1000 * cart.Items, Value = record.Value };
        if (cart.User is { } user)
        {
            Encoding.UTF8.GetBytes(user, record.UserText);
        }

        return record;
    }
}
