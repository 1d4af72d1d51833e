using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Journeys.Erasure;

namespace CartRecovery.Engine.Privacy;

/// <summary>A person of an <see cref="Erasure"/>: the ids found so far, and what the present step counted.</summary>
/// <param name="store">The person's store.</param>
/// <param name="subject">The person.</param>
/// <param name="mode">What happens to the person's orders.</param>
sealed class PersonErasure(Store store, ErasedSubject subject, ErasureMode mode)
{
    /// <summary>The person's store.</summary>
    public Store Store => store;

    /// <summary>What happens to the person's orders.</summary>
    public ErasureMode Mode => mode;

    /// <summary>The person, with all ids found so far, as they are stored.</summary>
    public ErasedSubject Subject { get; private set; } = subject with { UserId = store.Ids.StoredForm(subject.UserId) };

    /// <summary>What the present step counted.</summary>
    public Dictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>The person, for searches.</summary>
    public Person Person => new(store.Id, Subject.UserId, store.Ids, Subject.Carts, Subject.Orders, Subject.Addresses);

    /// <summary>The person's ids and addresses, in any spelling.</summary>
    public PersonSpellings Spellings => new(Person);

    /// <summary>The customer's key.</summary>
    public Primitives.Hash128 Customer => store.Ids.CustomerOf(Encoding.UTF8.GetBytes(Subject.UserId));

    /// <summary>Returns whether a text names the person.</summary>
    public bool IsNamedIn(string text) => Spellings.AreIn(Encoding.UTF8.GetBytes(text));

    /// <summary>Adds ids that a step has found.</summary>
    /// <returns>Whether some are new.</returns>
    public bool Add(IEnumerable<string> carts, IEnumerable<string>? orders = null, IEnumerable<string>? addresses = null)
    {
        var before = Subject.Carts.Count + Subject.Orders.Count + Subject.Addresses.Count;
        Subject = Subject with
        {
            Carts = [.. Subject.Carts.Union(carts, StringComparer.Ordinal)],
            Orders = [.. Subject.Orders.Union(orders ?? [], StringComparer.Ordinal)],
            Addresses = [.. Subject.Addresses.Union(addresses ?? [], StringComparer.Ordinal)],
        };
        return Subject.Carts.Count + Subject.Orders.Count + Subject.Addresses.Count > before;
    }
}
