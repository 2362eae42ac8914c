BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
CREATE TABLE category (
	id INTEGER NOT NULL, 
	slug VARCHAR(100) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	n BIGINT NOT NULL, 
	ord BIGINT, off BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_category PRIMARY KEY (id), 
	CONSTRAINT uq_category_ord UNIQUE (ord), 
	CONSTRAINT uq_category_slug UNIQUE (slug)
);
INSERT INTO "category" VALUES(1,'sky','sky',2,0,0);
INSERT INTO "category" VALUES(2,'game','game',2,1,0);
INSERT INTO "category" VALUES(3,'professional','professional',2,2,0);
INSERT INTO "category" VALUES(4,'cat_face','cat face',2,3,0);
CREATE TABLE curation (
	id INTEGER NOT NULL, 
	batch VARCHAR(16) NOT NULL, 
	act VARCHAR(10) NOT NULL, 
	slug VARCHAR(100) NOT NULL, 
	file VARCHAR(200), 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_curation PRIMARY KEY (id)
);
CREATE TABLE "image" (
	id INTEGER NOT NULL, 
	category_id INTEGER NOT NULL, 
	ord BIGINT, 
	file VARCHAR(200) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	point BIGINT NOT NULL, 
	bytes INTEGER NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	format VARCHAR(10) NOT NULL, 
	model VARCHAR(100), 
	model_digest VARCHAR(64), 
	seed BIGINT, 
	truncation FLOAT, 
	phash VARCHAR(16), 
	state VARCHAR(10) NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_image PRIMARY KEY (id), 
	CONSTRAINT fk_image_category_id FOREIGN KEY(category_id) REFERENCES category (id), 
	CONSTRAINT ck_image_state CHECK (state IN ('live', 'rejected', 'missing', 'off')), 
	CONSTRAINT uq_image_model_digest_category_id_seed UNIQUE (model_digest, category_id, seed), 
	CONSTRAINT uq_image_category_id_ord UNIQUE (category_id, ord), 
	CONSTRAINT uq_image_category_id_file UNIQUE (category_id, file), 
	CONSTRAINT ck_image_ord_is_live CHECK ((state = 'live') = (ord IS NOT NULL))
);
INSERT INTO "image" VALUES(1,1,0,'50000000-142b3ba4500d.webp','142b3ba4500dad2fa046f05daf9391f61471e5fd5f2fc7c2315a3b1b3cf87313',726660440830432919,2334,128,128,'webp','emoji/2','48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3',50000000,0.62,'ea62b42d91b49f92','live','2026-11-30 11:48:17.757220');
INSERT INTO "image" VALUES(2,1,1,'50000001-8a0f6c5aab18.webp','8a0f6c5aab18649e4852255cb4a08bdba8a59715133b8ba104e01d87e6554c0e',4974144619279037007,1408,128,128,'webp','emoji/2','48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3',50000001,0.78,'bb4ca039c3a4cb73','live','2026-11-30 11:48:17.757220');
INSERT INTO "image" VALUES(3,2,0,'54000000-4765ee115087.webp','4765ee11508764ab67b038ed1d7bd03bf41320a61356395f6085c4f60a4fe510',2572389953736782421,3098,128,128,'webp','emoji/2','48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3',54000000,0.78,'bb9e85c3c0388e67','live','2026-11-30 11:48:18.338020');
INSERT INTO "image" VALUES(4,2,1,'54000001-3776397f73ba.webp','3776397f73ba1d6469267351d8923964f269dfa833fa7a2ee243ad3d329b1a23',1998222469451550386,1912,128,128,'webp','emoji/2','48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3',54000001,0.86,'e9b0b46ac21f93e2','live','2026-11-30 11:48:18.338020');
INSERT INTO "image" VALUES(5,3,0,'22000000-a6d97f3aae33.webp','a6d97f3aae33fb4b65865731071ad75e7881ce735be265be5a47a56799fb778a',6011390285124861349,3158,128,128,'webp','emoji/2','48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3',22000000,0.98,'ed64c7909e3338c3','live','2026-11-30 11:48:18.353120');
INSERT INTO "image" VALUES(6,3,1,'22000001-661f6ca9ecc1.webp','661f6ca9ecc151ce47d2e7b7fd46d1c526b7f0834a4baf860535f4def836f2e2',3679359896612022503,2996,128,128,'webp','emoji/2','48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3',22000001,0.56,'e2951e69971ac137','live','2026-11-30 11:48:18.353120');
INSERT INTO "image" VALUES(7,4,0,'11000000-b4a009985303.webp','b4a0099853032d2db99d835f4f3305e6cf80167602caf178a5ce52bcf9331389',6507706736466564758,2988,128,128,'webp','emoji/2','48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3',11000000,0.9,'bec9c036c1768679','live','2026-11-30 11:48:18.387965');
INSERT INTO "image" VALUES(8,4,1,'11000001-0137a23bf48e.webp','0137a23bf48eea706582406ac03e7d8f2e0fc13dcf88a2dc798e45209a0ab9ef',43858548073395512,3296,128,128,'webp','emoji/2','48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3',11000001,0.88,'af9e9227cd245661','live','2026-11-30 11:48:18.387965');
CREATE TABLE target (
	category_id INTEGER NOT NULL, 
	model_digest VARCHAR(64) NOT NULL, 
	model VARCHAR(100) NOT NULL, 
	samples INTEGER NOT NULL, 
	seed BIGINT NOT NULL, 
	truncation_low FLOAT NOT NULL, 
	truncation_high FLOAT NOT NULL, 
	format VARCHAR(10) NOT NULL, oversample INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_target PRIMARY KEY (category_id, model_digest), 
	CONSTRAINT fk_target_category_id FOREIGN KEY(category_id) REFERENCES category (id)
);
INSERT INTO "target" VALUES(1,'48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3','emoji/2',2,0,0.4,0.8,'webp',1);
INSERT INTO "target" VALUES(2,'48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3','emoji/2',2,0,0.7,1.0,'webp',1);
INSERT INTO "target" VALUES(3,'48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3','emoji/2',2,0,0.4,1.0,'webp',1);
INSERT INTO "target" VALUES(4,'48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3','emoji/2',2,0,0.8,1.0,'webp',1);
CREATE INDEX ix_image_sha256 ON image (sha256);
CREATE INDEX ix_curation_batch ON curation (batch);
CREATE INDEX ix_image_point ON image (point) WHERE state = 'live';
CREATE INDEX ix_image_category_id_point ON image (category_id, point) WHERE state = 'live';
CREATE INDEX ix_image_created_id ON image (created, id) WHERE state = 'live';
CREATE INDEX ix_image_category_id_created_id ON image (category_id, created, id) WHERE state = 'live';
COMMIT;
