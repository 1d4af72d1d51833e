namespace CartRecovery.Primitives;

/// <summary>Maps numbers to values. Numbers start near 0 and may have gaps. Immutable; a look-up is one array access.</summary>
public sealed class NumberTable<T>
{
    readonly T[] _values;
    readonly T _other;

    /// <param name="values">The values by number, 0 or more. The last one of a number counts.</param>
    /// <param name="other">The value of every other number.</param>
    public NumberTable(IEnumerable<(int Number, T Value)> values, T other)
    {
        var known = values.ToArray();
        _other = other;
        _values = new T[known.Length == 0 ? 0 : known.Max(entry => entry.Number) + 1];
        Array.Fill(_values, other);
        foreach (var (number, value) in known)
        {
            _values[number] = value;
        }
    }

    /// <summary>Returns the value of a number.</summary>
    public T this[int number] => (uint)number < (uint)_values.Length ? _values[number] : _other;
}
