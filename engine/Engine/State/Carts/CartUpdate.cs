using CartRecovery.Engine.Events;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Carts;

/// <summary>The kinds of change to a cart's record.</summary>
enum CartStep
{
    /// <summary>Applies an event.</summary>
    Fold,

    /// <summary>Makes the record writable; the caller changes its timer.</summary>
    Touch,

    /// <summary>Reserves the cart for an intervention unless the latest one is too recent.</summary>
    Claim,

    /// <summary>Records an intervention that was already decided.</summary>
    Claimed,
}

/// <summary>A change and its arguments. Small, because FASTER copies it if the record is on disk.</summary>
struct CartInput
{
    /// <summary>The time, in event time: of a fold the partition's, of a claim the decision's.</summary>
    public long At;

    /// <summary>The step.</summary>
    public CartStep Step;

    /// <summary>The index of the event in the slab.</summary>
    public int Index;
}

/// <summary>The state shared by the changes of a slab, and the result of a claim.</summary>
/// <param name="window">The minimum time between interventions for a cart, in milliseconds.</param>
/// <param name="lifetime">Decides when a cart ends.</param>
sealed class CartFoldContext(long window, CartLifetime lifetime)
{
    NumberTable<uint> _currencies = new([], 0u);
    NumberTable<bool> _secretIds = new([], false);
    NumberTable<IdHasher?> _ids = new([], null);

    /// <summary>The slab being applied.</summary>
    public EventSlab Slab = null!;

    /// <summary>The connection of the event being folded; 0 for none.</summary>
    public long Connection;

    /// <summary>Why the sender of the event being folded is taken for a program.</summary>
    public BotEvidence Bot;

    /// <summary>When the event was received, on the partition's clock, in milliseconds since 1970 UTC.</summary>
    public long ReceivedAt;

    /// <summary>The history of the event's customer.</summary>
    public CustomerHistory History;

    /// <summary>Whether the latest claim reserved its cart.</summary>
    public bool IsClaimed;

    /// <summary>Minimum time between interventions for a cart, in milliseconds.</summary>
    public long Window { get; set; } = window;

    /// <summary>Receives the evidence when a cart becomes a bot's; <see langword="null"/> for nobody.</summary>
    public Action<BotEvidence>? BotFound { get; init; }

    /// <summary>Decides when a cart ends.</summary>
    public CartLifetime Lifetime => lifetime;

    /// <summary>Returns a store's default currency.</summary>
    public uint CurrencyOf(int store) => _currencies[store];

    /// <summary>Returns what derives a store's keys.</summary>
    public IdHasher? IdsOf(int store) => _ids[store];

    /// <summary>Returns whether a store's cart ids cannot be guessed.</summary>
    public bool HasSecretIds(int store) => _secretIds[store];

    /// <summary>Takes over the stores in force.</summary>
    /// <param name="currencies">Their default currencies.</param>
    /// <param name="secretIds">Whether their cart ids cannot be guessed.</param>
    /// <param name="ids">What derives their keys.</param>
    public void Take(NumberTable<uint> currencies, NumberTable<bool> secretIds, NumberTable<IdHasher?> ids) =>
        (_currencies, _secretIds, _ids) = (currencies, secretIds, ids);
}

/// <summary>
/// Changes a cart's record inside FASTER. Its only side effect is the verdict in the event's flags; the pipeline's later stages act on the
/// result.
/// </summary>
readonly struct CartUpdate(CartFoldContext context) : IRecordUpdate<CartRecord, CartInput>
{
    /// <inheritdoc/>
    public bool MayCreate(in CartInput input) => input.Step == CartStep.Fold;

    /// <inheritdoc/>
    public void Apply(ref CartRecord record, ref CartInput input)
    {
        record.Upgrade();
        switch (input.Step)
        {
            case CartStep.Fold:
                Fold(ref record, ref context.Slab.Records[input.Index], input.At);
                break;
            case CartStep.Claim:
                context.IsClaimed = record.IsFree(input.At, context.Window);
                record.LastInterventionAt = context.IsClaimed ? input.At : record.LastInterventionAt;
                break;
            case CartStep.Claimed:
                record.LastInterventionAt = input.At;
                break;
            case CartStep.Touch:
                break;
        }
    }

    void Fold(ref CartRecord record, ref EventRecord e, long now)
    {
        var hasEnded = record.EventCount != 0 && context.Lifetime.HasEnded(record, now);
        if (e.Standing != Standing.Server && !context.Slab.IsReplayed && !hasEnded && !CheckAccess(record, ref e))
        {
            return;
        }

        if (hasEnded)
        {
            record = default;
        }

        if (e.Standing != Standing.Server && e.Product != 0 && BotTiming.IsTurn(record, e) && BotTiming.Count(ref record, e.Timestamp - record.ProductSince))
        {
            context.BotFound?.Invoke(BotEvidence.Timing);
        }

        CartFold.Apply(ref record, e, context.Slab, context.CurrencyOf(e.Store), context.IdsOf(e.Store));
        // The engine's clock, not the shopper's, tells how long a cart is idle. Any event ends an idle period, also a late one;
        // after one whose time is not known, there is none.
        (record.LastReceivedAt, record.IdleDoneAt) = (context.ReceivedAt, (e.Flags & EventFlags.Clamped) == 0 ? 0 : CartRecord.NeverIdle);
        // Of the cart's user; a browser's word does not replace one of more trust.
        if (e.UserLength != 0 && (e.Standing >= record.UserStanding || context.Slab.PredatesStanding || context.Slab.UserOf(e).SequenceEqual(record.UserId)))
        {
            record.History = context.History;
        }

        if (context.Bot != BotEvidence.None && (e.Flags & EventFlags.Shared) == 0 && record.Bot == BotEvidence.None)
        {
            record.Bot = context.Bot;
            context.BotFound?.Invoke(context.Bot);
        }

        CartOwnership.UpdateOwner(ref record, e, context.Connection, context.Slab.PredatesStanding);
    }

    // The verdict is journaled with the event, so that a replay need not know what the store's setting was.
    bool CheckAccess(in CartRecord record, ref EventRecord e)
    {
        switch (CartOwnership.AccessOf(record, e, context.Slab, context.Connection, context.HasSecretIds(e.Store)))
        {
            case CartAccess.None:
                e.Flags |= EventFlags.Foreign;
                return false;
            case CartAccess.Shared:
                e.Flags |= EventFlags.Shared;
                return true;
            default:
                return true;
        }
    }
}
