using System.Text;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// Encrypts what the database holds of a person, and knows all keys of a person, those of the journal too. A person is a customer, or a cart
/// while nobody is signed in. Without keys, everything is stored as it is.
/// </summary>
public sealed class PersonTable
{
    readonly KeyVault? _keys;
    readonly Statement _find, _add, _all, _delete;

    internal PersonTable(Database database, KeyVault? keys)
    {
        _keys = keys;
        _find = database.Prepare($"SELECT number FROM person_key WHERE person=?1 AND number>>56={KeyUse.Person:D} LIMIT 1");
        _add = database.Prepare("INSERT OR IGNORE INTO person_key(person, number) VALUES(?1, ?2)");
        _all = database.Prepare("SELECT number FROM person_key WHERE person=?1");
        _delete = database.Prepare("DELETE FROM person_key WHERE person=?1");
    }

    /// <summary>Returns whether data is encrypted.</summary>
    public bool IsSealing => _keys is not null;

    /// <summary>Records that a key encrypts data of a person in the journal.</summary>
    public void Assign(in Hash128 person, long number) => _add.With(person).With(number).Run();

    /// <summary>
    /// Destroys all keys of a person: what is encrypted under them in the journal, the database and every backup can never be read again. Data
    /// that arrives later gets new keys.
    /// </summary>
    /// <returns>The number of keys.</returns>
    /// <exception cref="IOException">The disk fails; some keys may be left, and are destroyed by another call.</exception>
    public int Destroy(in Hash128 person)
    {
        var numbers = new List<long>();
        _all.With(person);
        while (_all.Next())
        {
            numbers.Add(_all.Long(0));
        }

        _keys?.Destroy(numbers);
        _delete.With(person).Run();
        return numbers.Count;
    }

    /// <summary>Returns the meta of a customer event in plaintext; empty if its key was destroyed.</summary>
    internal byte[] OpenMeta(Decisions.CustomerEvent e)
    {
        if (!SealedBytes.Is(e.Meta))
        {
            return e.Meta;
        }

        Span<byte> place = stackalloc byte[SealedMeta.PlaceSize];
        SealedMeta.WritePlace(place, e.Store, e.Customer == default ? e.Cart : e.Customer);
        return _keys is null ? [] : SealedBytes.Open(_keys, e.Meta, place) ?? [];
    }

    /// <summary>Binds a text, encrypted under the person's key.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="person">Whose text it is.</param>
    /// <param name="place">The row and the column.</param>
    /// <param name="text">The text; <see langword="null"/> for none.</param>
    internal Statement Bind(Statement statement, in Hash128 person, in PersonalPlace place, string? text) => text is null || _keys is null
        ? statement.With(text) : statement.With(SealedBytes.Seal(KeyOf(person), Encoding.UTF8.GetBytes(text), place.ToBytes()));

    /// <summary>Reads a column of plaintext, or of what <see cref="Bind"/> encrypted; <see langword="null"/> if the key was destroyed.</summary>
    internal string? Read(Statement row, int column, in PersonalPlace place) => row.IsNull(column) ? null
        : !SealedBytes.Is(row.Bytes(column)) ? row.Text(column)
        : _keys is not null && SealedBytes.Open(_keys, row.Bytes(column), place.ToBytes()) is { } text ? Encoding.UTF8.GetString(text) : null;

    /// <summary>Encrypts bytes under the person's key. Call only if <see cref="IsSealing"/>.</summary>
    internal byte[] Seal(in Hash128 person, in PersonalPlace place, ReadOnlySpan<byte> bytes) => SealedBytes.Seal(KeyOf(person), bytes, place.ToBytes());

    /// <summary>Decrypts what <see cref="Seal"/> encrypted; <see langword="null"/> if the key was destroyed.</summary>
    internal byte[]? Open(ReadOnlySpan<byte> bytes, in PersonalPlace place) => _keys is null ? null : SealedBytes.Open(_keys, bytes, place.ToBytes());

    DataKey KeyOf(in Hash128 person)
    {
        var bytes = new byte[DataKey.Size];
        if (_find.With(person).Number() is { } number && _keys!.TryRead(number, bytes))
        {
            return new DataKey(number, bytes);
        }

        var key = _keys!.Take(KeyUse.Person);
        Assign(person, key.Number);
        return key;
    }
}

/// <summary>Where a text of a person is stored. Encrypted texts are bound to it, so that nobody can exchange them.</summary>
/// <param name="Store">The store.</param>
/// <param name="Owner">The row's key.</param>
/// <param name="Column">The column.</param>
readonly record struct PersonalPlace(string Store, Hash128 Owner, string Column)
{
    public byte[] ToBytes() => Encoding.UTF8.GetBytes($"{Column} {Owner.High:x16}{Owner.Low:x16} {Store}");
}
