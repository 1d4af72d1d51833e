using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Personal;

/// <summary>
/// What the sender of a request sees of personal data: keys and users with <c>personal_data:read</c> all of it, others masked. Every answer with personal
/// data is written through it. Binds as a handler parameter.
/// </summary>
sealed class PersonalDataView
{
    const string Hidden = "***";

    // Fewer digits are no telephone number (ITU-T E.164 has no shorter international ones).
    const int MinDigits = 7;

    readonly MaskedIds _ids;
    readonly string _store;

    PersonalDataView(bool isMasked, MaskedIds ids, string store) => (IsMasked, _ids, _store) = (isMasked, ids, store);

    /// <summary>Whether personal data is masked.</summary>
    public bool IsMasked { get; }

    /// <summary>Returns the view of a request.</summary>
    public static PersonalDataView Of(HttpContext context)
    {
        var ids = context.RequestServices.GetRequiredService<MaskedIds>();
        return new PersonalDataView(IsMaskedFor(context), ids, Caller.Of(context)?.Store.Id ?? "");
    }

    /// <summary>Returns whether personal data is masked for the sender of a request.</summary>
    public static bool IsMaskedFor(HttpContext context) => context.User.Identity switch
    {
        UserIdentity user => !user.User.Has(Permission.PersonalData, user.Caller?.Store.Id),
        StoreKeyIdentity key => !key.Caller.Key.Allows(Permission.PersonalData),
        _ => false,
    };

    /// <summary>Binds the view of the request.</summary>
    public static ValueTask<PersonalDataView?> BindAsync(HttpContext context) => ValueTask.FromResult<PersonalDataView?>(Of(context));

    /// <summary>Returns a customer's id as the view shows it.</summary>
    public string? UserId(string? id) => IsMasked && id is not null ? _ids.Mask(_store, id) : id;

    /// <summary>Returns a cart's id as the view shows it: shops may use the customer's address or number.</summary>
    public string? CartId(string? id) => IsMasked && id is not null && MayBeAddress(id) ? _ids.Mask(_store, id) : id;

    /// <summary>Returns a message's text as the view shows it: it may greet by name.</summary>
    public string? Text(string? text) => IsMasked && text is not null ? Hidden : text;

    /// <summary>Returns an address, a telephone number or a push token as the view shows it: its first character remains.</summary>
    public string? Address(string? address) =>
        IsMasked && address is { Length: > 0 } ? $"{address[..(char.IsHighSurrogate(address[0]) && address.Length > 1 ? 2 : 1)]}{Hidden}" : address;

    /// <summary>Returns the id behind a masked id of the request's store; any other text as it is.</summary>
    public string Open(string text) => _ids.Open(_store, text);

    /// <summary>Masks a report's columns of personal data, by their names.</summary>
    public void Apply(ReportTable table)
    {
        for (var i = 0; IsMasked && i < table.Columns.Count; i++)
        {
            Func<string?, string?>? mask = table.Columns[i] switch
            {
                "userId" => UserId,
                "cartId" => CartId,
                "message" => Text,
                "address" => Address,
                _ => null,
            };
            foreach (var row in mask is null ? [] : table.Rows)
            {
                row[i] = mask!(row[i] as string);
            }
        }
    }

    static bool MayBeAddress(string id) => id.Contains('@', StringComparison.Ordinal) || id.Contains("%40", StringComparison.Ordinal)
        || (id.Count(char.IsAsciiDigit) >= MinDigits && id.All(c => char.IsAsciiDigit(c) || " +-.()/".Contains(c, StringComparison.Ordinal)));
}
