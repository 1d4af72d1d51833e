using CartRecovery.Engine.Pipeline.Erasure;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline;

/// <content>Erases people.</content>
public sealed partial class PartitionStages
{
    /// <summary>
    /// Ends a person's carts and their customer record. A cart that names somebody else by now goes on, without the ends of longer ids that its
    /// texts were before. Between two batches.
    /// </summary>
    internal ErasedRecords Erase(ErasureEntry person)
    {
        var (count, others) = (0L, new List<(Primitives.Hash128 Key, CartRecord Cart)>());
        foreach (var key in person.Carts)
        {
            if (!_carts.TryRead(key, out var cart))
            {
                continue;
            }

            if (cart.UserLength != 0 && _context.IdsOf(person.Store) is { } ids && ids.CustomerOf(cart.UserId) != person.Customer)
            {
                ((Span<byte>)cart.UserText)[cart.UserLength..].Clear();
                ((Span<byte>)cart.SessionText)[cart.SessionLength..].Clear();
                // It may be a hash of the person's id.
                if (cart.Subject != CartRecord.SubjectOf(cart.UserId, key))
                {
                    cart.Subject = CartRecord.SubjectOf(user: default, key);
                }

                others.Add((key, cart));
            }
            else
            {
                count++;
            }

            _carts.Erase(key);
        }

        count += _customers.Erase(person.Customer) ? 1 : 0;
        var erased = new ErasedRecords(count, _carts.TailAddress, _customers.TailAddress);

        // After the address up to which versions are overwritten.
        foreach (var (key, cart) in others)
        {
            _carts.Write(key, cart);
        }

        return erased;
    }
}
