using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Exports;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Erasure;

namespace CartRecovery.Engine.Privacy;

/// <summary>Collects the carts, orders and addresses of archived events that name a user: an archive has them for longer than the journals.</summary>
/// <param name="store">The user's store.</param>
/// <param name="userId">The user's id.</param>
sealed class ArchivedIds(Store store, string userId)
{
    static readonly int s_type = ColumnOf("type"), s_cart = ColumnOf("cartId"), s_user = ColumnOf("userId"), s_meta = ColumnOf("meta");

    static readonly string s_identify = EventTypes.NameOf(EventType.Identify);

    static readonly HashSet<string> s_orders =
        [.. Enumerable.Range(1, EventTypes.Count - 1).Select(i => (EventType)i).Where(type => EventTypes.Has(type, EventTraits.ChangesHistory)).Select(EventTypes.NameOf)];

    readonly HashSet<string> _users = new([userId, ForgottenPeople.ShortForm(userId), store.Ids.ShownForm(userId)], StringComparer.Ordinal);

    /// <summary>The ids of the carts.</summary>
    public HashSet<string> Carts { get; } = new(StringComparer.Ordinal);

    /// <summary>The keys of the orders.</summary>
    public HashSet<string> Orders { get; } = new(StringComparer.Ordinal);

    /// <summary>The addresses.</summary>
    public HashSet<string> Addresses { get; } = new(StringComparer.Ordinal);

    /// <summary>Returns the user of a row of <see cref="EventRows"/>; <see langword="null"/> for none.</summary>
    public static string? UserOf(object?[] row) => row[s_user] as string;

    /// <summary>Adds what a row of <see cref="EventRows"/> has of the user.</summary>
    public void Add(object?[] row)
    {
        if (row[s_user] is not string user || !_users.Contains(user))
        {
            return;
        }

        // Archives of earlier versions have sealed ids.
        Add(Carts, row[s_cart] is string cart ? store.Ids.StoredForm(cart) : null);
        if (row[s_meta] is not string meta)
        {
            return;
        }

        var type = (string?)row[s_type];
        if (type is not null && s_orders.Contains(type) && OrderId.TextOf(Encoding.UTF8.GetBytes(meta)) is { } order)
        {
            Add(Orders, $"o:{order}");
        }

        if (type == s_identify && ContactIn(meta) is { } contact)
        {
            Add(Addresses, EmailText.Parse(contact.Email));
            Add(Addresses, PhoneText.ToE164(contact.Phone, store.Country));
            Add(Addresses, contact.PushToken);
        }
    }

    static void Add(HashSet<string> ids, string? id)
    {
        if (id is { Length: > 0 } && ids.Count < PersonRows.MaxCarts)
        {
            ids.Add(id);
        }
    }

    static CustomerEventMeta? ContactIn(string meta)
    {
        try
        {
            return CustomerEventMeta.Of(Encoding.UTF8.GetBytes(meta));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static int ColumnOf(string name) => EventRows.Columns.Select((column, i) => (column.Name, i)).First(column => column.Name == name).i;
}
