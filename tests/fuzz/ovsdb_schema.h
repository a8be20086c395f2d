/* SPDX-License-Identifier: Apache-2.0 */
/* The small schema that the database's fuzz targets share: each kind of column, constraint and reference once. */
#pragma once

static const char ovsdb_fuzz_schema[]
    = "{\"name\":\"F\",\"version\":\"1\",\"tables\":{"
      "\"R\":{\"isRoot\":true,\"indexes\":[[\"s\"],[\"i\",\"o\"]],\"columns\":{"
      "\"s\":{\"type\":\"string\",\"mutable\":false},"
      "\"i\":{\"type\":\"integer\"},"
      "\"o\":{\"type\":{\"key\":{\"type\":\"integer\",\"minInteger\":0,\"maxInteger\":9},\"min\":0}},"
      "\"r\":{\"type\":{\"key\":{\"type\":\"real\",\"minReal\":-1,\"maxReal\":1000},\"min\":0,\"max\":3}},"
      "\"b\":{\"type\":\"boolean\",\"ephemeral\":true},"
      "\"t\":{\"type\":{\"key\":{\"type\":\"string\",\"maxLength\":8},\"min\":0,\"max\":4}},"
      "\"e\":{\"type\":{\"key\":{\"type\":\"string\",\"enum\":[\"set\",[\"x\",\"y\"]]}}},"
      "\"k\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"K\"},\"min\":0,\"max\":\"unlimited\"}},"
      "\"w\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"R\",\"refType\":\"weak\"},\"min\":0,\"max\":\"unlimited\"}},"
      "\"m\":{\"type\":{\"key\":\"string\",\"value\":\"string\",\"min\":0,\"max\":\"unlimited\"}},"
      "\"n\":{\"type\":{\"key\":\"integer\",\"value\":{\"type\":\"uuid\",\"refTable\":\"K\"},\"min\":0,\"max\":\"unlimited\"}}}},"
      "\"K\":{\"maxRows\":5,\"columns\":{"
      "\"l\":{\"type\":\"string\"},"
      "\"x\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"K\"},\"min\":0}},"
      "\"w\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"R\",\"refType\":\"weak\"},\"max\":2}}}}}}";
