using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>Stores journeys.</summary>
public sealed class JourneyTable
{
    // A cart's journeys. Those of its anonymous shopper are found by subject, which is the cart's key; the others by the cart.
    const string Own = "subject=?1 AND cart=?1", Others = "cart=?1 AND subject<>cart";

    readonly Statement _add, _read, _last, _variant, _end, _active, _latest, _subjectOfCart, _any, _trigger, _shopper, _mark;
    readonly ContentTable _contents;
    readonly ShopperFilter _filter;
    long _lastId;

    internal JourneyTable(Database database, ContentTable contents, ShopperFilter filter)
    {
        (_contents, _filter) = (contents, filter);
        _lastId = database.Prepare("SELECT max(id) FROM journey").Number() ?? 0;
        _add = database.Prepare("""
            INSERT INTO journey(id, store, cart, cart_id, customer, user_id, subject, campaign, variant, holdout, state, started_at, turned_at, value, currency,
                connection, standing, user_standing, bot, received_at)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
            """);
        _read = database.Prepare("""
            SELECT cart, customer, subject, variant, holdout, state, started_at, connection, standing, user_standing, received_at FROM journey WHERE id=?1
            """);
        _last = database.Prepare($"""
            SELECT id, state, started_at FROM ({Ends("id, state, started_at", "AND campaign=?2", "DESC")}) ORDER BY started_at DESC LIMIT 1
            """);
        _subjectOfCart = database.Prepare($"SELECT subject FROM ({Ends("subject, started_at", "", "")}) ORDER BY started_at LIMIT 1");
        _variant = database.Prepare("SELECT variant FROM journey WHERE subject=?1 AND campaign=?2 AND holdout=0 ORDER BY started_at LIMIT 1");
        _end = database.Prepare($"UPDATE journey SET state=?2 WHERE id=?1 AND state={JourneyState.Active:D}");
        _active = database.Prepare($"""
            SELECT id, campaign, started_at, received_at FROM journey
            WHERE subject=?1 AND state={JourneyState.Active:D} AND (?2 IS NULL OR cart=?2) ORDER BY started_at DESC LIMIT 64
            """);
        _latest = database.Prepare(
            "SELECT id, turned_at FROM journey WHERE subject=?1 AND store=?2 AND (started_at<=?3 OR received_at<=?4) ORDER BY started_at DESC LIMIT 1");
        _trigger = database.Prepare("UPDATE journey SET turned_at=max(turned_at, ?2) WHERE id=?1");
        _shopper = database.Prepare("SELECT j.cart, j.customer, j.user_standing FROM intervention i JOIN journey j ON j.id=i.journey WHERE i.id=?1");
        _mark = database.Prepare("UPDATE journey SET bot=?2 WHERE id=?1");
        _any = database.Prepare("SELECT 1 FROM journey WHERE subject=?1 LIMIT 1");
    }

    /// <summary>Returns the number for a new journey.</summary>
    public long NextId() => ++_lastId;

    /// <summary>Adds a journey.</summary>
    public void Add(Journey journey)
    {
        var candidate = journey.Candidate;
        _add.With(journey.Id).With(candidate.StoreId).With(journey.Cart).With(candidate.CartId).With(journey.Customer).With(candidate.UserId)
            .With(journey.Subject).With(candidate.Campaign).With(journey.Variant).With(journey.IsHoldout).With((long)journey.State)
            .With(journey.StartedAt).With((long)(candidate.Cart.Value * Money.PerUnit)).With(candidate.Cart.Currency).With(journey.ConnectionId)
            .With((long)journey.Standing).With((long)journey.UserStanding).With((long)journey.Bot).With(journey.ReceivedAt).Run();
        _filter.AddSubject(journey.Subject);
        if (journey.Subject != journey.Cart)
        {
            _filter.AddCart(journey.Cart);
        }

        // The decision is needed only while there is something to send.
        if (journey.State == JourneyState.Active)
        {
            _contents.SetDecision(journey.Id, journey.Cart, candidate);
        }
    }

    /// <summary>
    /// Returns the journey with this number; <see langword="null"/> if there is none, or if it never had anything to send.
    /// </summary>
    public Journey? Find(long id)
    {
        if (_contents.DecisionOf(id) is not { } candidate || !_read.With(id).Next())
        {
            return null;
        }

        var journey = new Journey
        {
            Id = id,
            Candidate = candidate,
            Cart = _read.Key(0),
            Customer = _read.Key(1),
            Subject = _read.Key(2),
            Variant = _read.Text(3),
            IsHoldout = _read.Long(4) != 0,
            State = (JourneyState)_read.Int(5),
            StartedAt = _read.Long(6),
            ConnectionId = _read.Long(7),
            Standing = (Standing)_read.Int(8),
            UserStanding = (Standing)_read.Int(9),
            ReceivedAt = _read.Long(10),
        };
        _read.Reset();
        return journey;
    }

    /// <summary>Returns the shopper of a message, or <see langword="null"/>.</summary>
    public Shopper? ShopperOf(string intervention)
    {
        if (!_shopper.With(intervention).Next())
        {
            return null;
        }

        var shopper = new Shopper(_shopper.Key(0), _shopper.Key(1), (Standing)_shopper.Int(2));
        _shopper.Reset();
        return shopper;
    }

    /// <summary>Returns the cart's last journey in a campaign.</summary>
    public (long Id, JourneyState State, long StartedAt)? LastOf(in Hash128 cart, string campaign)
    {
        if (!_filter.MayBeInJourney(cart) || !_last.With(cart).With(campaign).Next())
        {
            return null;
        }

        var last = (_last.Long(0), (JourneyState)_last.Int(1), _last.Long(2));
        _last.Reset();
        return last;
    }

    /// <summary>Returns the subject of the cart's first journey, or <see langword="null"/>.</summary>
    public Hash128? SubjectOfCart(in Hash128 cart)
    {
        if (!_filter.MayBeInJourney(cart) || !_subjectOfCart.With(cart).Next())
        {
            return null;
        }

        var subject = _subjectOfCart.Key(0);
        _subjectOfCart.Reset();
        return subject;
    }

    /// <summary>Returns <see langword="true"/> if the subject has a journey, and so an assignment.</summary>
    public bool HasSubject(in Hash128 subject) => _filter.MayHaveJourney(subject) && _any.With(subject).Number() is not null;

    /// <summary>Returns the variant assigned to a shopper in a campaign, or <see langword="null"/>.</summary>
    public string? VariantOf(in Hash128 subject, string campaign)
    {
        if (!_filter.MayHaveJourney(subject) || !_variant.With(subject).With(campaign).Next())
        {
            return null;
        }

        var variant = _variant.Text(0);
        _variant.Reset();
        return variant;
    }

    /// <summary>Ends a journey if it is active.</summary>
    public void End(long id, JourneyState state) => _end.With(id).With((long)state).Run();

    /// <summary>Counts a journey apart: its shopper turned out to be a bot.</summary>
    public void MarkBot(long id, BotEvidence evidence) => _mark.With(id).With((long)evidence).Run();

    /// <summary>Returns a shopper's active journeys and their campaigns.</summary>
    /// <param name="subject">The shopper.</param>
    /// <param name="cart">The cart whose journeys are returned; empty for all.</param>
    public List<ActiveJourney> ActiveOf(in Hash128 subject, in Hash128 cart)
    {
        var active = new List<ActiveJourney>();
        if (!_filter.MayHaveJourney(subject))
        {
            return active;
        }

        _active.With(subject).With(cart);
        while (_active.Next())
        {
            active.Add(new ActiveJourney(_active.Long(0), _active.Text(1), _active.Long(2), _active.Long(3)));
        }

        return active;
    }

    /// <summary>
    /// Records a trigger that would have started another journey if this one did not exist. The outcome window restarts, so that shoppers
    /// in a series and in the holdout are observed for the same time.
    /// </summary>
    public void RecordTrigger(long id, long at) => _trigger.With(id).With(at).Run();

    /// <summary>Returns the journey an order counts for, the shopper's latest that began or was received before it, and the time of its last trigger.</summary>
    public (long Id, long LastTriggeredAt)? LatestOf(in Hash128 subject, string store, long at, long receivedAt)
    {
        if (!_filter.MayHaveJourney(subject) || !_latest.With(subject).With(store).With(at).With(receivedAt).Next())
        {
            return null;
        }

        var latest = (_latest.Long(0), _latest.Long(1));
        _latest.Reset();
        return latest;
    }

    // A cart's first or last journey, by each of the two indexes.
    static string Ends(string columns, string and, string order) => $"""
        SELECT * FROM (SELECT {columns} FROM journey WHERE {Own} {and} ORDER BY started_at {order} LIMIT 1)
        UNION ALL SELECT * FROM (SELECT {columns} FROM journey WHERE {Others} {and} ORDER BY started_at {order} LIMIT 1)
        """;
}

/// <summary>A journey with messages to come.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Campaign">The campaign.</param>
/// <param name="StartedAt">Event time of the start.</param>
/// <param name="ReceivedAt">The engine's time of the start.</param>
public readonly record struct ActiveJourney(long Id, string Campaign, long StartedAt, long ReceivedAt)
{
    /// <summary>Returns whether an event followed the start, by event time or by receipt time.</summary>
    public bool StartedBefore(CustomerEvent e) => StartedAt < e.At || ReceivedAt < e.ReceivedAt;
}
