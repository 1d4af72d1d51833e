namespace CartRecovery.Engine.Events.Json;

/// <summary>Reads the members of an object in order: <see cref="ReadName"/> before each, <see cref="EndValue"/> after it.</summary>
ref struct JsonMembers
{
    readonly ReadOnlySpan<byte> _json;
    int _at;
    bool _isFirst;

    /// <param name="json">The text that contains the object.</param>
    /// <param name="start">The offset of its opening brace.</param>
    public JsonMembers(ReadOnlySpan<byte> json, int start)
    {
        _json = json;
        _at = start + 1;
        _isFirst = true;
    }

    /// <summary>The offset of the current member's name, at its opening quote.</summary>
    public int NameStart { get; private set; }

    /// <summary>The current member's name between its quotes, escaped.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The offset of the current member's value, which is within the text.</summary>
    public int ValueStart { get; private set; }

    /// <summary>The offset after the object, once there are no more members; <see cref="JsonSyntax.None"/> if it is malformed.</summary>
    public int End { get; private set; }

    /// <summary>Reads the next member's name.</summary>
    /// <returns><see langword="false"/> if there is none, or the object is malformed: see <see cref="End"/>.</returns>
    public bool ReadName()
    {
        End = JsonSyntax.None;
        _at = JsonTokens.SkipSpace(_json, _at);
        if (_at >= _json.Length)
        {
            return false;
        }

        if (_json[_at] == '}')
        {
            End = _at + 1;
            return false;
        }

        if (!_isFirst)
        {
            if (_json[_at] != ',')
            {
                return false;
            }

            _at = JsonTokens.SkipSpace(_json, _at + 1);
        }

        _isFirst = false;
        NameStart = _at;
        var end = JsonSyntax.EndOfString(_json, _at);
        if (end == JsonSyntax.None)
        {
            return false;
        }

        Name = _json[(_at + 1)..(end - 1)];
        end = JsonTokens.SkipSpace(_json, end);
        if (end >= _json.Length || _json[end] != ':')
        {
            return false;
        }

        ValueStart = JsonTokens.SkipSpace(_json, end + 1);
        return ValueStart < _json.Length;
    }

    /// <summary>Continues after the current member's value.</summary>
    /// <param name="end">The offset after it.</param>
    public void EndValue(int end) => _at = end;
}
