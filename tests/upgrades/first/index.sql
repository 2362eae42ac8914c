BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE category (
	id INTEGER NOT NULL, 
	slug VARCHAR(100) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	n BIGINT NOT NULL, 
	ord BIGINT, 
	CONSTRAINT pk_category PRIMARY KEY (id), 
	CONSTRAINT uq_category_ord UNIQUE (ord), 
	CONSTRAINT uq_category_slug UNIQUE (slug)
);
INSERT INTO "category" VALUES(1,'sky','sky',2,0);
INSERT INTO "category" VALUES(2,'game','game',2,1);
INSERT INTO "category" VALUES(3,'professional','professional',2,2);
CREATE TABLE image (
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
	CONSTRAINT ck_image_ord_is_live CHECK ((state = 'live') = (ord IS NOT NULL)), 
	CONSTRAINT ck_image_state CHECK (state IN ('live', 'rejected', 'missing')), 
	CONSTRAINT fk_image_category_id FOREIGN KEY(category_id) REFERENCES category (id), 
	CONSTRAINT uq_image_category_id_file UNIQUE (category_id, file), 
	CONSTRAINT uq_image_category_id_ord UNIQUE (category_id, ord), 
	CONSTRAINT uq_image_model_digest_category_id_seed UNIQUE (model_digest, category_id, seed)
);
INSERT INTO "image" VALUES(1,1,0,'50000000-af8bb299a9cb.webp','af8bb299a9cb72808bfdcb52fa7c07b78942d3229eb1abb6db716a071b2b3a47',6324700175724296512,1622,64,64,'webp','emoji/1','8fd0a57bb08460108c4323ecf3b5f806702d21c9c510ab748b0d6d83e5ae543e',50000000,0.66,'eab885e39d4e9249','live','2026-11-22 18:11:43.306849');
INSERT INTO "image" VALUES(2,1,1,'50000001-5390cd48a3a4.webp','5390cd48a3a44ef673c9fb93f8a023cc30380b0779ee4836805b6242b33511da',3010769206830573435,1172,64,64,'webp','emoji/1','8fd0a57bb08460108c4323ecf3b5f806702d21c9c510ab748b0d6d83e5ae543e',50000001,0.78,'e24e94b4cb5ac9a9','live','2026-11-22 18:11:43.306849');
INSERT INTO "image" VALUES(3,2,0,'54000000-f1c9ce2ada01.webp','f1c9ce2ada0142625b79e9d3c149f265735e5aa50213f7c1a856c7a080bfb12e',8711341658450469169,1488,64,64,'webp','emoji/1','8fd0a57bb08460108c4323ecf3b5f806702d21c9c510ab748b0d6d83e5ae543e',54000000,0.58,'b639c7b28cc69964','live','2026-11-22 18:11:43.366524');
INSERT INTO "image" VALUES(4,2,1,'54000001-2a6366c7ac0c.webp','2a6366c7ac0c4058b16a4ef2c75866f812c4eb7c2e9ce8596567dc1704305b76',1527198990029168684,1522,64,64,'webp','emoji/1','8fd0a57bb08460108c4323ecf3b5f806702d21c9c510ab748b0d6d83e5ae543e',54000001,0.66,'b592c36d86c8de49','live','2026-11-22 18:11:43.366524');
INSERT INTO "image" VALUES(5,3,0,'22000000-cb87da946eef.webp','cb87da946eefc53538d0cea1853df120488960910685b7b81b4cac58ff2ed026',7332965521303265946,2150,64,64,'webp','emoji/1','8fd0a57bb08460108c4323ecf3b5f806702d21c9c510ab748b0d6d83e5ae543e',22000000,0.8,'b4c11eb2c31ec8cf','live','2026-11-22 18:11:43.398676');
INSERT INTO "image" VALUES(6,3,1,'22000001-fbe972e78739.webp','fbe972e78739b5e2685655c90ab1844eb0bcadf10735e24482a4f22deba794c5',9076083055912606449,1994,64,64,'webp','emoji/1','8fd0a57bb08460108c4323ecf3b5f806702d21c9c510ab748b0d6d83e5ae543e',22000001,0.58,'e1c11e62879ec86f','live','2026-11-22 18:11:43.398676');
CREATE INDEX ix_image_point ON image (point);
CREATE INDEX ix_image_sha256 ON image (sha256);
COMMIT;
