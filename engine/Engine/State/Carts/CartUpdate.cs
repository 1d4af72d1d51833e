using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;

namespace CartRecovery.Engine.State.Carts;

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
            case CartStep.ReserveIntervention:
                context.IsReserved = record.IsFree(input.At, context.Window);
                record.LastInterventionAt = context.IsReserved ? input.At : record.LastInterventionAt;
                break;
            case CartStep.RecordIntervention:
                record.LastInterventionAt = input.At;
                break;
            case CartStep.ReserveConditional:
                context.IsReserved = record.IsFree(input.At, context.Window) && (record.ConditionalSince(input.At, context.Window) & (1UL << input.Index)) == 0;
                if (context.IsReserved)
                {
                    record.AddConditional(input.Index, input.At, context.Window);
                }

                break;
            case CartStep.RecordConditional:
                record.AddConditional(input.Index, input.At, context.Window);
                break;
            case CartStep.ReleaseIntervention:
                record.Release(input.Index, input.At);
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

        if (context.Bot != BotEvidence.None && (e.Flags & EventFlags.ContentsOnly) == 0 && record.Bot == BotEvidence.None)
        {
            record.Bot = context.Bot;
            context.BotFound?.Invoke(context.Bot);
        }

        var connection = record.ConnectionId;
        CartOwnership.UpdateOwner(ref record, e, context.Connection, context.Slab.PredatesStanding);
        context.HasMoved |= record.ConnectionId != connection;
    }

    // The verdict is journaled with the event, so that a replay need not know what the store's setting was.
    bool CheckAccess(in CartRecord record, ref EventRecord e)
    {
        switch (CartOwnership.AccessOf(record, e, context.Slab, context.Connection, context.HasSecretIds(e.Store)))
        {
            case CartAccess.Denied:
                e.Flags |= EventFlags.Foreign;
                return false;
            case CartAccess.ContentsOnly:
                e.Flags |= EventFlags.ContentsOnly;
                return true;
            default:
                return true;
        }
    }
}
