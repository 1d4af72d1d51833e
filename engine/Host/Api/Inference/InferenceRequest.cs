using System.Buffers.Binary;
using System.Text.Json;

namespace CartRecovery.Host.Api.Inference;

/// <summary>
/// Reads a request of the Open Inference Protocol v2 into rows of features: JSON, and with the extension for binary tensors the elements after
/// it, little-endian, in the order of the inputs.
/// </summary>
/// <param name="input">The name of the model's input of rows.</param>
/// <param name="features">The model's features, in the order of a row.</param>
sealed class InferenceRequest(string input, IReadOnlyList<string> features)
{
    /// <summary>Maximum number of rows.</summary>
    public const int MaxRows = 16_384;

    const int MaxDepth = 16, MaxId = 256;

    ReadOnlyMemory<byte> _binary;
    bool[] _given = [];

    /// <summary>The rows, contiguous.</summary>
    public float[] Rows { get; private set; } = [];

    /// <summary>The number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>The request's id; <see langword="null"/> if it has none.</summary>
    public string? Id { get; private set; }

    /// <summary>The outputs wanted, and whether each is binary; <see langword="null"/> for all.</summary>
    public IReadOnlyList<(string Name, bool IsBinary)>? Outputs { get; private set; }

    /// <summary>Whether outputs are binary by default.</summary>
    public bool IsBinary { get; private set; }

    /// <summary>Reads a body.</summary>
    /// <param name="body">The JSON, and binary elements after it.</param>
    /// <param name="header">Bytes of JSON; <see langword="null"/> for all.</param>
    /// <exception cref="InferenceException">It cannot be read; the code says why.</exception>
    public void Read(ReadOnlyMemory<byte> body, int? header)
    {
        if (header is < 0 || header > body.Length)
        {
            throw Invalid($"Inference-Header-Content-Length: expected 0 to {body.Length} bytes");
        }

        _binary = header is { } length ? body[length..] : default;
        try
        {
            using var document = JsonDocument.Parse(body[..(header ?? body.Length)], new JsonDocumentOptions { MaxDepth = MaxDepth });
            Read(document.RootElement);
        }
        catch (JsonException)
        {
            throw Invalid("the body is not JSON");
        }
        catch (InvalidOperationException)
        {
            throw Invalid("a string is not valid UTF-8, or a value has another type than the protocol says");
        }
    }

    void Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("inputs", out var inputs) || inputs.ValueKind != JsonValueKind.Array || inputs.GetArrayLength() == 0)
        {
            throw Invalid("expected an object with 'inputs', a list of tensors");
        }

        Id = root.TryGetProperty("id", out var id) && id.ValueKind != JsonValueKind.Null ? id.GetString() : null;
        if (Id?.Length > MaxId)
        {
            throw Invalid($"id: expected at most {MaxId} characters");
        }

        IsBinary = Flag(root, "binary_data_output");
        if (root.TryGetProperty("outputs", out var outputs) && outputs.ValueKind == JsonValueKind.Array)
        {
            Outputs = [.. outputs.EnumerateArray().Select(output => (TextOf(output, "name", "outputs"), Flag(output, "binary_data", IsBinary)))];
            if (Outputs.DistinctBy(output => output.Name).Count() != Outputs.Count)
            {
                throw Invalid("outputs: one is named twice");
            }
        }

        foreach (var tensor in inputs.EnumerateArray())
        {
            ReadInput(tensor);
        }

        if (!_binary.IsEmpty)
        {
            throw Input($"{_binary.Length} bytes after the JSON belong to no input");
        }

        if (_given.AsSpan().IndexOf(value: false) is >= 0 and var missing)
        {
            throw Input($"the feature '{features[missing]}' is missing; give '{input}' with all features, or each feature");
        }
    }

    void ReadInput(JsonElement tensor)
    {
        var name = TextOf(tensor, "name", "inputs");
        var column = name == input ? -1 : features.ToList().IndexOf(name);
        if (name != input && column < 0)
        {
            throw Input($"there is no input '{name}'; expected '{input}', or features of the model");
        }

        var type = TextOf(tensor, "datatype", name);
        if (type is not ("FP32" or "FP64" or "INT64"))
        {
            throw Input($"{name}: expected the datatype FP32, FP64 or INT64, got '{type}'");
        }

        var width = column < 0 ? features.Count : 1;
        var rows = RowsOf(tensor, name, width, isFeature: column >= 0);
        var values = ValuesOf(tensor, name, type, rows * width);
        Begin(name, rows);
        for (var i = 0; i < values.Length; i++)
        {
            Rows[column < 0 ? i : (i * features.Count) + column] = values[i];
        }

        var given = column < 0 ? _given.AsSpan() : _given.AsSpan(column, 1);
        if (given.Contains(value: true))
        {
            throw Input($"{name} is given twice");
        }

        given.Fill(value: true);
    }

    void Begin(string name, int rows)
    {
        if (Count == 0)
        {
            (Count, Rows, _given) = (rows, new float[rows * features.Count], new bool[features.Count]);
        }
        else if (rows != Count)
        {
            throw Input($"{name} has {rows} rows, and an input before it {Count}");
        }
    }

    static int RowsOf(JsonElement tensor, string name, int width, bool isFeature)
    {
        if (!tensor.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array
            || shape.EnumerateArray().Any(size => size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out var n) || n < 0))
        {
            throw Input($"{name}: expected a shape, as a list of sizes");
        }

        long[] sizes = [.. shape.EnumerateArray().Select(size => size.GetInt64())];
        var fits = sizes.Length == 2 ? sizes[1] == width : sizes.Length == 1 && isFeature;
        return !fits ? throw Input($"{name}: expected the shape [rows{(isFeature ? "" : $", {width}")}], got [{string.Join(", ", sizes)}]")
            : sizes[0] == 0 ? throw Input($"{name}: expected at least one row")
            : sizes[0] > MaxRows ? throw new InferenceException(400, InferenceException.TooManyRows, $"{name}: expected at most {MaxRows} rows, got {sizes[0]}.") : (int)sizes[0];
    }

    float[] ValuesOf(JsonElement tensor, string name, string type, int count)
    {
        if (tensor.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty("binary_data_size", out var size))
        {
            return Binary(name, type, count, size.TryGetInt64(out var bytes) ? bytes : -1);
        }

        if (!tensor.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
        {
            throw Input($"{name}: expected 'data', or the parameter binary_data_size");
        }

        var (values, at) = (new float[count], 0);
        Flatten(data, depth: 0);
        return at == count ? values : throw Input($"{name}: the shape has {count} elements, and the data {at}");

        void Flatten(JsonElement list, int depth)
        {
            foreach (var element in list.EnumerateArray())
            {
                if (element.ValueKind == JsonValueKind.Array && depth == 0)
                {
                    Flatten(element, depth + 1);
                }
                else if (element.ValueKind != JsonValueKind.Number || (type == "INT64" && !element.TryGetInt64(out _)))
                {
                    throw Input($"{name}: expected numbers of {type}");
                }
                else if (at == count)
                {
                    throw Input($"{name}: the shape has {count} elements, and the data more");
                }
                else
                {
                    values[at++] = (float)element.GetDouble();
                }
            }
        }
    }

    float[] Binary(string name, string type, int count, long size)
    {
        var width = type == "FP32" ? 4 : 8;
        if (size != (long)count * width || size > _binary.Length)
        {
            throw Input($"{name}: expected {(long)count * width} bytes of {type}; binary_data_size is {size}, and {_binary.Length} bytes are left");
        }

        var values = new float[count];
        var bytes = _binary.Span;
        for (var i = 0; i < count; i++)
        {
            var element = bytes.Slice(i * width, width);
            values[i] = type switch
            {
                "FP32" => BinaryPrimitives.ReadSingleLittleEndian(element),
                "FP64" => (float)BinaryPrimitives.ReadDoubleLittleEndian(element),
                _ => BinaryPrimitives.ReadInt64LittleEndian(element),
            };
        }

        _binary = _binary[(int)size..];
        return values;
    }

    static bool Flag(JsonElement owner, string name, bool otherwise = false) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object
        && parameters.TryGetProperty(name, out var flag) && flag.ValueKind is JsonValueKind.True or JsonValueKind.False ? flag.GetBoolean() : otherwise;

    static string TextOf(JsonElement owner, string name, string where) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()!
            : throw Invalid($"{where}: expected a text '{name}'");

    static InferenceException Invalid(string problem) => new(400, InferenceException.Invalid, $"{problem}.");

    static InferenceException Input(string problem) => new(400, InferenceException.InvalidInput, $"{problem}.");
}
