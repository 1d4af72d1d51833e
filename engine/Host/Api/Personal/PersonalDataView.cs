using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Personal;

/// <summary>
/// The caller's view of personal data: in the clear for keys and users with <c>personal_data:read</c>, masked for others. Every response
/// with personal data is written through it. Binds as a handler parameter.
/// </summary>
sealed class PersonalDataView
{
    const string Hidden = "***";

    static readonly JsonElement s_hidden = JsonElement.Parse($"\"{Hidden}\"");

    readonly MaskedIds _ids;
    readonly string _store;
    readonly bool _isProgram;
    readonly IdHasher? _hasher;

    PersonalDataView(bool isMasked, bool isProgram, MaskedIds ids, Store? store) =>
        (IsMasked, _isProgram, _ids, _store, _hasher) = (isMasked, isProgram, ids, store?.Id ?? "", store?.Ids);

    /// <summary>Whether personal data is masked.</summary>
    public bool IsMasked { get; }

    /// <summary>Returns the view of a request.</summary>
    public static PersonalDataView Of(HttpContext context)
    {
        var ids = context.RequestServices.GetRequiredService<MaskedIds>();
        return new PersonalDataView(IsMaskedFor(context), context.User.Identity is StoreKeyIdentity, ids, Caller.Of(context)?.Store);
    }

    /// <summary>Returns the view of a request whose response masks personal data, whoever asks.</summary>
    public static PersonalDataView Masked(HttpContext context) => new(
        isMasked: true, context.User.Identity is StoreKeyIdentity, context.RequestServices.GetRequiredService<MaskedIds>(), Caller.Of(context)?.Store);

    /// <summary>Returns whether personal data is masked for the caller of a request.</summary>
    public static bool IsMaskedFor(HttpContext context) => context.User.Identity switch
    {
        UserIdentity user => !user.User.Has(Permission.PersonalData, user.Caller?.Store.Id),
        StoreKeyIdentity key => !key.Caller.Key.Allows(Permission.PersonalData),
        _ => false,
    };

    /// <summary>Binds the view of the request.</summary>
    public static ValueTask<PersonalDataView?> BindAsync(HttpContext context) => ValueTask.FromResult<PersonalDataView?>(Of(context));

    /// <summary>Returns a customer's id, masked if required.</summary>
    public string? UserId(string? id) => id is null ? null : IsMasked ? MaskedUserId(id) : Shown(id);

    /// <summary>Returns a customer's masked id, whoever asks: for the audit log.</summary>
    public string MaskedUserId(string id) => _ids.Mask(_store, PersonalIdKind.Customer, Shown(id));

    /// <summary>Returns a cart's id, masked if required: shops may derive it from the customer's id, address or number.</summary>
    public string? CartId(string? id) => id is null ? null : IsMasked ? _ids.Mask(_store, PersonalIdKind.Cart, Shown(id)) : Shown(id);

    /// <summary>Returns a message's text, hidden if required: it may contain the customer's name.</summary>
    public string? Text(string? text) => IsMasked && text is not null ? Hidden : text;

    /// <summary>Returns an address, a phone number or a push token; if masked, only the first character.</summary>
    public string? Address(string? address) =>
        IsMasked && address is { Length: > 0 } ? $"{address[..(char.IsHighSurrogate(address[0]) && address.Length > 1 ? 2 : 1)]}{Hidden}" : address;

    /// <summary>Returns a customer's attributes as the view shows them: any may tell who it is.</summary>
    /// <param name="json">A JSON object; <see langword="null"/> for none.</param>
    public Dictionary<string, JsonElement> Attributes(string? json) => json is null ? [] : JsonElement.Parse(json).EnumerateObject()
        .ToDictionary(attribute => attribute.Name, attribute => IsMasked ? s_hidden : attribute.Value, StringComparer.Ordinal);

    /// <summary>Returns whether a text is what <see cref="Address"/> shows instead of one.</summary>
    public static bool IsMaskedAddress(string text) => text.EndsWith(Hidden, StringComparison.Ordinal) && text.Length <= Hidden.Length + 2;

    /// <summary>Returns whether a text is what stands for one that is masked.</summary>
    public static bool IsMaskedText(string text) => text == Hidden;

    /// <summary>
    /// Returns the id that a request names in the clear or masked, as it is stored; <see langword="null"/> if a caller who sees only masked ids names it in
    /// the clear: the response would reveal which masked id belongs to it.
    /// </summary>
    public string? Resolve(PersonalIdKind kind, string text) => Stored(_ids.Open(_store, kind, text) ?? (IsMasked ? null : text));

    /// <summary>
    /// Returns the id that a request names as lists compare it, a long one in its short form; otherwise as <see cref="Resolve"/>.
    /// </summary>
    public string? ResolveStored(PersonalIdKind kind, string text) => Resolve(kind, text) is { } id ? ForgottenPeople.ShortForm(id) : null;

    /// <summary>Returns the id that a request names, as the shop writes it; otherwise as <see cref="Resolve"/>.</summary>
    public string? ResolveShown(PersonalIdKind kind, string text) => _ids.Open(_store, kind, text) ?? (IsMasked ? null : Shown(text));

    /// <summary>
    /// Returns the id of a cart to change, as it is stored. Accepts ids in the clear also from programs that see masked ones, because a shop's programs use its own ids. A person who sees
    /// masked ids has no others: what the change does would reveal which masked id belongs to one.
    /// </summary>
    /// <returns><see langword="null"/> for a masked id that is not one of the store's carts, and for an id that the caller must not name.</returns>
    public string? ResolveChanged(string cartId) => Stored(_ids.Open(_store, PersonalIdKind.Cart, cartId)
        ?? (cartId.StartsWith(MaskedIds.Prefix, StringComparison.Ordinal) || (IsMasked && !_isProgram) ? null : cartId));

    /// <summary>Returns the problem of a request whose id <see cref="Resolve"/> rejects.</summary>
    public static HttpProblem NotNamed(PersonalIdKind kind) => kind == PersonalIdKind.Cart
        ? ApiProblems.CartNotFound with { Detail = "Name the cart by its masked id, or use a key or a role with personal_data:read." }
        : ApiProblems.CustomerNotFound with { Detail = "Name the customer by the masked id, or use a key or a role with personal_data:read." };

    /// <summary>Masks a report's columns with personal data, by their names.</summary>
    public void Apply(ReportTable table)
    {
        for (var i = 0; i < table.Columns.Count; i++)
        {
            var mask = MaskOf(table.Columns[i]);
            foreach (var row in mask is null ? [] : table.Rows)
            {
                row[i] = mask!(row[i] as string);
            }
        }
    }

    /// <summary>Returns what masks or opens the texts of a column, by its name; <see langword="null"/> for a column that is shown as it is stored.</summary>
    public Func<string?, string?>? MaskOf(string column) => column switch
    {
        "userId" => UserId,
        "cartId" => CartId,
        "sessionId" when !IsMasked => id => id is null ? null : Shown(id),
        "message" when IsMasked => Text,
        "address" when IsMasked => Address,
        _ => null,
    };

    string Shown(string id) => _hasher?.ShownForm(id) ?? id;

    string? Stored(string? id) => id is null ? null : _hasher?.SealedForm(id) ?? id;
}
